import type { Prices } from '../../lib/cost/prices';
import { formatUsd } from '../../lib/cost/usd';
import { table } from './table';
import { resourcesOf, type Template } from './template';

/** What the stack costs in a month without runs. */
export function idle(template: Template, { services }: Prices): string {
  const count = (type: string) => resourcesOf(template, type).length;
  const { cloudwatch, dynamodb, s3, ecr } = services;
  const counted: [string, number, number][] = [
    ['alarms', alarmMetrics(template), cloudwatch.usd.alarmMonth],
    ['dashboards', count('AWS::CloudWatch::Dashboard'), cloudwatch.usd.dashboardMonth],
  ];
  const fixed = counted.filter(([, number]) => number > 0);
  const sum = fixed.reduce((total, [, number, usd]) => total + number * usd, 0);
  const images = resourcesOf(template, 'AWS::Lambda::Function').filter(
    ([, { Properties }]) => Properties.PackageType === 'Image',
  ).length;
  return `${table(
    ['a month', 'how many', 'each', 'costs'],
    [
      ...fixed.map(([name, number, usd]) => [name, String(number), formatUsd(usd), formatUsd(number * usd)]),
      ['**all**', '', '', `**${formatUsd(sum)}**`],
    ],
  )}

Functions, state machines, queues, rules and an HTTP API that nobody calls cost nothing; metrics cost in the hours in which they
are sent. What runs have left is stored until it expires and is in their cost above. Besides, by size:

- images of functions, ${images} of them: ${formatUsd(ecr.usd.gbMonth)} for each GB and month in ECR;
- tables: ${formatUsd(dynamodb.usd.gbMonth)} for each GB and month, and ${formatUsd(dynamodb.usd.backupGbMonth)} for point-in-time recovery; remembered passes and
  totals are some KB;
- logs: ${formatUsd(cloudwatch.usd.logGbMonth)} for each compressed GB and month, for as long as \`logRetention\` says;
- files: ${formatUsd(s3.usd.gbMonth)} for each GB and month.`;
}

/** An alarm is billed by the metrics that it looks at. */
function alarmMetrics(template: Template): number {
  return resourcesOf(template, 'AWS::CloudWatch::Alarm').reduce((sum, [, { Properties }]) => {
    const metrics: { readonly MetricStat?: object }[] = Properties.Metrics ?? [];
    return sum + Math.max(1, metrics.filter(({ MetricStat }) => MetricStat !== undefined).length);
  }, 0);
}
