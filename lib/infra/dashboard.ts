import { Duration, Stack } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { PERIOD } from './alarm';
import type { Functions } from './functions';
import type { Machines } from './machines';
import { eachOf, ourMetric } from './our-metrics';
import type { Storage } from './storage';

export interface DashboardProps {
  readonly functions: Functions['all'];
  readonly storage: Storage;
  readonly machines: Machines;
  readonly alarms: readonly Alarm[];
}

/** The whole width of a dashboard, in units, and the height of a row. */
const WIDTH = 24;
const HEIGHT = 6;

/** How runs go, from the people's questions at the top to the machine's at the bottom. */
export class Dashboard extends Construct {
  readonly made: CloudWatchDashboard;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { alarms } = props;
    this.made = new CloudWatchDashboard(this, 'Default', {
      dashboardName: `${Stack.of(this).stackName}-runs`,
      defaultInterval: Duration.days(1),
    });
    this.made.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WIDTH, height: 4 }),
    );
    for (const row of this.rows(props)) this.made.addWidgets(...row);
  }

  private rows({ functions, storage, machines }: DashboardProps): IWidget[][] {
    const ours = (name: string, statistic: string, dimensions = {}) =>
      ourMetric(this, name, statistic, dimensions);
    const each = (name: string, statistic: string, ...dimensions: string[]) =>
      eachOf(this, name, statistic, dimensions);
    const hits = ours('cache_hits_total', 'Sum', { operation: 'gate' });
    const misses = ours('cache_misses_total', 'Sum', { operation: 'gate' });
    const { run } = machines;
    const lambdas = [functions.next, functions.gate, functions.merge];
    return [
      [
        numbers('Merged, cost (USD)', [ours('merge_success_total', 'Sum'), ours('run_cost_usd', 'Sum')]),
        graph('Runs', [each('run_seconds', 'SampleCount', 'status')]),
        graph('Turnaround of runs (s)', [
          each('run_seconds', 'p50', 'status'),
          each('run_seconds', 'p95', 'status'),
        ]),
        graph('Items that did not merge, by reason', [each('merge_failure_total', 'Sum', 'reason')]),
      ],
      [
        graph('Gates (s, 95th percentile)', [each('gate_execution_seconds', 'p95', 'gate', 'status')]),
        graph('Gates that ended', [each('gate_execution_seconds', 'SampleCount', 'gate', 'status')]),
        graph('Merging an item (s, 95th percentile)', [each('merge_execution_seconds', 'p95', 'strategy')]),
        graph('Hit rate of the gate cache (%)', [
          new MathExpression({
            expression: '100 * FILL(hits, 0) / (FILL(hits, 0) + FILL(misses, 0))',
            usingMetrics: { hits, misses },
            label: 'hits',
            period: PERIOD,
          }),
        ]),
      ],
      [
        graph('Lanes with gates', [ours('active_workers', 'Maximum')]),
        graph('Memory of gate functions (bytes)', [
          ours('memory_usage_bytes', 'Maximum'),
          ours('memory_rss_bytes', 'Maximum'),
        ]),
        graph('Held back: memory (s), idle runs (s)', [
          ours('memory_throttle_seconds_total', 'Sum'),
          ours('idle_seconds', 'Maximum'),
        ]),
        graph('Executions of runs', [
          run.metricStarted({ period: PERIOD }),
          run.metricSucceeded({ period: PERIOD }),
          run.metricFailed({ period: PERIOD }),
          run.metricTimedOut({ period: PERIOD }),
          run.metricAborted({ period: PERIOD }),
        ]),
      ],
      [
        graph(
          'Calls of functions',
          lambdas.map((of) => of.metricInvocations({ period: PERIOD })),
        ),
        graph(
          'Duration of functions (ms, 95th percentile)',
          lambdas.map((of) => of.metricDuration({ period: PERIOD, statistic: 'p95' })),
        ),
        graph(
          'Errors and throttles of functions',
          lambdas.flatMap((of) => [
            of.metricErrors({ period: PERIOD }),
            of.metricThrottles({ period: PERIOD }),
          ]),
        ),
        graph('Capacity used of the run table', [
          storage.runTable.metricConsumedReadCapacityUnits({ period: PERIOD }),
          storage.runTable.metricConsumedWriteCapacityUnits({ period: PERIOD }),
        ]),
      ],
    ];
  }
}

const shape = { width: WIDTH / 4, height: HEIGHT };

const graph = (title: string, left: IMetric[]): IWidget => new GraphWidget({ title, left, ...shape });

const numbers = (title: string, metrics: IMetric[]): IWidget =>
  new SingleValueWidget({ title, metrics, setPeriodToTimeRange: true, ...shape });
