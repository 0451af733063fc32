/** What `lex-pr/cdk` exports: the AWS engine for CDK apps. */
export type { BuildSettings } from './builds';
export type { FunctionName } from './function-table';
export type { FunctionSize } from './functions';
export { MergePyramid } from './merge-pyramid';
export type { JwtIssuer, MergePyramidProps, RepositoryAccess } from './props';
export type { BranchesPlan, ScheduleProps, StoredPlan } from './schedule-props';
export { LexPrStack } from './stack';
