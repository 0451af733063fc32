import type { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type AlarmProps, type AlarmSettings, alarm, PERIOD } from './alarm';
import { FUNCTION_NAMES, type FunctionName } from './function-table';
import { ourMetric } from './our-metrics';
import type { Recovery } from './recovery';
import type { Storage } from './storage';

export interface AlarmsProps extends AlarmSettings {
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly storage: Storage;
  readonly recovery: Recovery;
  readonly gateMemoryMB: number;
  readonly stuckAfter: Duration;
}

/** Errors of functions within a period that are no reason to wake anybody: what failed was tried again. */
const ERRORS = 5;
/** The same for calls that were turned away: more than twenty, three times in a row. */
const THROTTLED = { above: 20, periods: 3, section: 'throttles' } as const;
/** Share of the gate function's memory, as in design and presets: above it the next gate may be one too many. */
const MEMORY_SHARE = 0.75;

/** The functions that lanes and people call most. */
const BUSY = ['next', 'gate', 'merge', 'control', 'api'] as const satisfies readonly FunctionName[];

/** What somebody should look at, each with what to do about it. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.all = Object.entries(this.rows(props)).map(([name, row]) => alarm(this, name, row, props));
  }

  private rows({ functions, storage, recovery, gateMemoryMB, stuckAfter }: AlarmsProps): Rows {
    return {
      FailedRuns: {
        metric: ourMetric(this, 'run_seconds', 'SampleCount', { status: 'failed' }),
        above: 0,
        says: 'A run of lex-pr merged nothing.',
        section: 'failed-runs',
      },
      EngineFaults: {
        metric: ourMetric(this, 'merge_failure_total', 'Sum', { reason: 'engine-fault' }),
        above: 0,
        says: 'A run of lex-pr was given up, because its executions failed again and again.',
        section: 'engine-faults',
      },
      StuckRun: {
        metric: ourMetric(this, 'idle_seconds', 'Maximum'),
        above: stuckAfter.toSeconds(),
        says: `Nothing has happened to a run of lex-pr for more than ${stuckAfter.toMinutes()} minutes, while its lanes wait.`,
        section: 'stuck-run',
      },
      Memory: {
        metric: ourMetric(this, 'memory_rss_bytes', 'Maximum'),
        above: gateMemoryMB * 2 ** 20 * MEMORY_SHARE,
        says: `The gate function of lex-pr uses more than ${MEMORY_SHARE * 100} % of its memory, what its gates use not included.`,
        section: 'memory',
      },
      DeadLetters: {
        metric: recovery.deadLetters.metricApproximateNumberOfMessagesVisible({
          period: PERIOD,
          statistic: 'Maximum',
        }),
        above: 0,
        says: 'The end of a run of lex-pr reached nobody: the run may hold up others of its target.',
        section: 'dead-letters',
      },
      ...Object.fromEntries(
        FUNCTION_NAMES.map((name) => [
          `Errors-${name}`,
          {
            metric: functions[name].metricErrors({ period: PERIOD }),
            above: ERRORS,
            says: `The function ${name} of lex-pr failed more than ${ERRORS} times in ${PERIOD.toMinutes()} minutes.`,
            section: 'function-errors',
          },
        ]),
      ),
      ...Object.fromEntries(
        BUSY.map((name) => [
          `Throttles-${name}`,
          {
            metric: functions[name].metricThrottles({ period: PERIOD }),
            ...THROTTLED,
            says: `The function ${name} of lex-pr is turned away: the account has no more calls at once to give.`,
          },
        ]),
      ),
      ...Object.fromEntries(
        ['Read', 'Write'].flatMap((kind) =>
          Object.entries({ runs: storage.runTable, cache: storage.cacheTable }).map(([name, table]) => [
            `${kind}Throttles-${name}`,
            {
              metric: table.metric(`${kind}ThrottleEvents`, { statistic: 'Sum', period: PERIOD }),
              ...THROTTLED,
              says: `DynamoDB turns requests of lex-pr away that ${kind.toLowerCase()} the table of ${name}.`,
            },
          ]),
        ),
      ),
    };
  }
}

type Rows = Readonly<Record<string, AlarmProps>>;
