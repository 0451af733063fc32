import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MergePyramid } from './merge-pyramid';
import type { MergePyramidProps } from './props';

/** A stack with nothing but the AWS engine. */
export class LexPrStack extends Stack {
  readonly pyramid: MergePyramid;

  /** @param pyramid what the engine is like, given the stack that it is made in */
  constructor(
    scope: Construct,
    id: string,
    pyramid: (stack: Stack) => MergePyramidProps = () => ({}),
    props: StackProps = {},
  ) {
    super(scope, id, { description: 'lex-pr: merges many dependent branches', ...props });
    this.pyramid = new MergePyramid(this, 'Pyramid', pyramid(this));
  }
}
