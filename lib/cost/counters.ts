/** What a function was called for. */
export interface FunctionUse {
  readonly calls: number;
  /** Memory × time. */
  readonly gbSeconds: number;
  /** /tmp beyond what is free × time. */
  readonly storageGbSeconds: number;
}

/** What a run has used, in the units in which AWS bills it. */
export interface Counters {
  /** States that were entered, retries included. */
  readonly transitions: number;
  /** By function: `gate`, `next`, … */
  readonly functions: Readonly<Record<string, FunctionUse>>;
  /** Of CodeBuild's small machine. */
  readonly buildMinutes: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Rows that stay until they expire. */
  readonly tableGbMonths: number;
  /** PUT, COPY, POST, LIST. */
  readonly puts: number;
  readonly gets: number;
  readonly fileGbMonths: number;
  /** Of PutMetricData. */
  readonly metricCalls: number;
  /** Series × hours in which they were written. */
  readonly metricHours: number;
  readonly logGb: number;
  readonly traces: number;
  /** Of the HTTP API. */
  readonly apiRequests: number;
}

export const NOTHING: Counters = {
  transitions: 0,
  functions: {},
  buildMinutes: 0,
  readUnits: 0,
  writeUnits: 0,
  tableGbMonths: 0,
  puts: 0,
  gets: 0,
  fileGbMonths: 0,
  metricCalls: 0,
  metricHours: 0,
  logGb: 0,
  traces: 0,
  apiRequests: 0,
};
