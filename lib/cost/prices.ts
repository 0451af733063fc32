import * as z from 'zod';
import listed from './prices.json';

const usd = z.number().min(0);
const service = <const N extends string>(...names: readonly N[]) =>
  z.strictObject({
    /** The page that the prices are from. */
    source: z.url(),
    usd: z.strictObject(Object.fromEntries(names.map((name) => [name, usd])) as Record<N, typeof usd>),
  });

/** What AWS asks for: on demand, in the first tier, without what is free in a month. */
export const pricesSchema = z.strictObject({
  region: z.string().min(1),
  /** When the prices were looked up. */
  date: z.iso.date(),
  services: z.strictObject({
    lambda: service('request', 'gbSecondArm64', 'gbSecondX86', 'storageGbSecond'),
    stepFunctions: service('transition'),
    dynamodb: service('readUnit', 'writeUnit', 'gbMonth', 'backupGbMonth'),
    s3: service('put', 'get', 'gbMonth'),
    cloudwatch: service('call', 'metricMonth', 'alarmMonth', 'dashboardMonth', 'logGb', 'logGbMonth'),
    xray: service('trace'),
    apiGateway: service('request'),
    codeBuild: service('minuteArm64', 'minuteX86'),
    secretsManager: service('secretMonth'),
    ecr: service('gbMonth'),
  }),
});
export type Prices = z.output<typeof pricesSchema>;

/** Prices of the one region that is known here. */
export const PRICES: Prices = listed;

/** Which prices these are: `us-east-1, 2026-11-26`. */
export const priceList = ({ region, date }: Prices): string => `${region}, ${date}`;
