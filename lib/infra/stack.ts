import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MergePyramid, type MergePyramidProps } from './merge-pyramid';

/** A stack with nothing but the AWS engine. */
export class LexPrStack extends Stack {
  readonly pyramid: MergePyramid;

  constructor(scope: Construct, id: string, props: StackProps & MergePyramidProps = {}) {
    super(scope, id, { description: 'lex-pr: merges many dependent branches', ...props });
    this.pyramid = new MergePyramid(this, 'Pyramid', props);
  }
}
