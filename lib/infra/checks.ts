import { CfnOutput } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';

/**
 * The bus on which checks are asked for that run elsewhere. Its events hold the key that answers a check, so
 * it is one of its own: who may put rules on it can answer.
 */
export class Checks extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { description: 'Checks that lex-pr asks for' });
    new CfnOutput(this, 'BusName', { value: this.bus.eventBusName }).overrideLogicalId('CheckBusName');
  }
}
