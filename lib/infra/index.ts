/** What `lex-pr/cdk` exports: the AWS engine for CDK apps. */
export type { FunctionName } from './function-table';
export type { FunctionSize } from './functions';
export { MergePyramid, type MergePyramidProps, type RepositoryAccess } from './merge-pyramid';
export { LexPrStack } from './stack';
