import type { Counters, FunctionUse } from './counters';
import type { Prices } from './prices';
import type { StackShape } from './stack-shape';

/** What the parts of a bill are for, as people are told. */
export const PARTS = ['gates', 'builds', 'functions', 'workflow', 'tables', 'files', 'monitoring'] as const;
export type Part = (typeof PARTS)[number];

export interface Bill {
  readonly usd: number;
  readonly parts: Readonly<Record<Part, number>>;
}

/** AWS counts a month as 730 hours (AWS Pricing Calculator, "Assumptions"). */
const HOURS_A_MONTH = 730;

/**
 * What counters cost at prices, in USD, to a millionth. Monthly free tiers, volume tiers and savings plans are left
 * out: they are the account's, not the run's. What a formula is from stands in the price list, by service.
 */
export function billOf(
  counters: Counters,
  architecture: StackShape['architecture'],
  { services }: Prices,
): Bill {
  const { lambda, stepFunctions, dynamodb, s3, cloudwatch, xray, apiGateway, codeBuild } = services;
  const { gate, ...others } = counters.functions;
  const isArm = architecture === 'arm64';
  // Lambda: requests, memory × time by architecture, and /tmp above 512 MB × time.
  const used = ({ calls, gbSeconds, storageGbSeconds }: FunctionUse) =>
    calls * lambda.usd.request +
    gbSeconds * (isArm ? lambda.usd.gbSecondArm64 : lambda.usd.gbSecondX86) +
    storageGbSeconds * lambda.usd.storageGbSecond;
  const parts: Record<Part, number> = {
    gates: gate === undefined ? 0 : used(gate),
    // CodeBuild: each minute that a build has begun, from its start to its end.
    builds: counters.buildMinutes * (isArm ? codeBuild.usd.minuteArm64 : codeBuild.usd.minuteX86),
    // API Gateway, an HTTP API, is what may stand before a function.
    functions: sum(Object.values(others).map(used)) + counters.apiRequests * apiGateway.usd.request,
    // Step Functions, Standard: each state that is entered, each retry.
    workflow: counters.transitions * stepFunctions.usd.transition,
    // DynamoDB, on demand; what is stored is backed up as well (point-in-time recovery).
    tables:
      counters.readUnits * dynamodb.usd.readUnit +
      counters.writeUnits * dynamodb.usd.writeUnit +
      counters.tableGbMonths * (dynamodb.usd.gbMonth + dynamodb.usd.backupGbMonth),
    // S3 Standard.
    files: counters.puts * s3.usd.put + counters.gets * s3.usd.get + counters.fileGbMonths * s3.usd.gbMonth,
    // CloudWatch: custom metrics are prorated by the hour, and metered when they are sent; logs when they come in.
    monitoring:
      counters.metricCalls * cloudwatch.usd.call +
      (counters.metricHours * cloudwatch.usd.metricMonth) / HOURS_A_MONTH +
      counters.logGb * cloudwatch.usd.logGb +
      counters.traces * xray.usd.trace,
  };
  for (const part of PARTS) parts[part] = micro(parts[part]);
  return { usd: micro(sum(Object.values(parts))), parts };
}

const micro = (usd: number) => Math.round(usd * 1e6) / 1e6;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
