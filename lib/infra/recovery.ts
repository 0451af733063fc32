import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deadLetterQueue } from './dead-letters';

/** Runs whose execution ended badly reach `reconcile`; what cannot reach it is kept. */
export class Recovery extends Construct {
  /** Ends of executions that nobody took care of. Empty unless something is wrong. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, runMachine: StateMachine, reconcile: LambdaFunction) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    const retries = { retryAttempts: 2, maxEventAge: Duration.hours(6) };
    reconcile.configureAsyncInvoke({ ...retries, onFailure: new SqsDestination(this.deadLetters) });
    new Rule(this, 'Rule', {
      description: 'Runs of lex-pr whose execution ended badly',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [runMachine.stateMachineArn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [
        new LambdaTarget(reconcile, { ...retries, retryAttempts: 8, deadLetterQueue: this.deadLetters }),
      ],
    });
  }
}
