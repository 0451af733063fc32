import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** How alarms are told, for all of a stack. */
export interface AlarmSettings {
  readonly alarmTopic: ITopic | undefined;
  /** What a section of the runbook is appended to: `#stuck-run`. */
  readonly runbook: string;
}

export interface AlarmProps {
  readonly metric: IMetric;
  /** The alarm goes off above this. */
  readonly above: number;
  /** Periods of the metric that have to be above it, one after another. */
  readonly periods?: number;
  /** What has happened, in a sentence. */
  readonly says: string;
  /** The section of docs/operations.md that says what to do. */
  readonly section: string;
}

/** Five minutes: shorter periods are billed as high resolution, longer ones tell too late. */
export const PERIOD = Duration.minutes(5);

/** An alarm that says where it is read what to do. Nothing measured means that nothing is wrong. */
export function alarm(
  scope: Construct,
  id: string,
  { metric, above, periods = 1, says, section }: AlarmProps,
  { alarmTopic, runbook }: AlarmSettings,
): Alarm {
  const made = new Alarm(scope, id, {
    metric,
    threshold: above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: periods,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: `${says} What to do: ${runbook}#${section}`,
  });
  if (alarmTopic) {
    made.addAlarmAction(new SnsAction(alarmTopic));
    made.addOkAction(new SnsAction(alarmTopic));
  }
  return made;
}
