import { billOf } from '../../lib/cost/bill';
import { type Counters, NOTHING } from '../../lib/cost/counters';
import type { Prices } from '../../lib/cost/prices';
import type { StackShape } from '../../lib/cost/stack-shape';
import { formatUsd } from '../../lib/cost/usd';
import { table } from './table';

/** The counters of a run, each with what it comes to. */
export function ingredients(counters: Counters, stack: StackShape, prices: Prices): string {
  const alone = (some: Partial<Counters>) =>
    formatUsd(billOf({ ...NOTHING, ...some }, stack.architecture, prices).usd);
  const functions = Object.entries(counters.functions).map(([name, use]) => [
    `Lambda \`${name}\`, ${stack.functions[name]!.memoryMB} MB`,
    `${count(use.calls)} calls, ${count(use.gbSeconds)} GB-s`,
    alone({ functions: { [name]: use } }),
  ]);
  const rest = NAMED.map(([name, words, factor = 1]) => [
    words,
    count(counters[name] * factor),
    alone({ [name]: counters[name] }),
  ]);
  return table(['', 'how much', 'costs'], [...functions, ...rest]);
}

const NAMED: readonly (readonly [Exclude<keyof Counters, 'functions'>, string, number?])[] = [
  ['transitions', 'Step Functions: transitions'],
  ['readUnits', 'DynamoDB: read request units'],
  ['writeUnits', 'DynamoDB: write request units'],
  ['tableGbMonths', 'DynamoDB: MB × months, backup included', 1024],
  ['puts', 'S3: PUT, COPY, POST, LIST'],
  ['gets', 'S3: GET'],
  ['fileGbMonths', 'S3: MB × months', 1024],
  ['metricCalls', 'CloudWatch: PutMetricData'],
  ['metricHours', 'CloudWatch: metrics × hours'],
  ['logGb', 'CloudWatch: MB of logs', 1024],
  ['traces', 'X-Ray: traces'],
];

const count = (value: number) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));
