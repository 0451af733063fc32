import { Stack } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { PERIOD } from './alarm';
import { METRICS_NAMESPACE } from './grants';

/** One of our metrics, of this stack, with all its dimensions. `name` without `lex_pr_`. */
export const ourMetric = (
  scope: Construct,
  name: string,
  statistic: string,
  dimensions: Readonly<Record<string, string>> = {},
): Metric =>
  new Metric({
    namespace: METRICS_NAMESPACE,
    metricName: `lex_pr_${name}`,
    dimensionsMap: { stack: Stack.of(scope).stackName, ...dimensions },
    statistic,
    period: PERIOD,
  });

/** A line for each combination of values of these dimensions that there is: gates, reasons. */
export const eachOf = (
  scope: Construct,
  name: string,
  statistic: string,
  dimensions: readonly string[],
): MathExpression => {
  const schema = [METRICS_NAMESPACE, 'stack', ...dimensions].map((part) => `"${part}"`).join(',');
  const stack = Stack.of(scope).stackName;
  const query = `{${schema}} MetricName="lex_pr_${name}" stack="${stack}"`;
  return new MathExpression({
    expression: `SEARCH('${query}', '${statistic}', ${PERIOD.toSeconds()})`,
    label: '',
    period: PERIOD,
  });
};
