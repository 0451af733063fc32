/** The shape of the table of runs: what the stack creates and the stores rely on. */
export const RUN_TABLE = {
  /** Both keys are strings. */
  partitionKey: 'run',
  sortKey: 'row',
  /** Seconds since the epoch. */
  timeToLive: 'expiresAt',
  /** Rows of all runs by the time at which they were handed in; every attribute is projected. */
  byTime: {
    indexName: 'by-time',
    /** String: `RUN`. */
    partitionKey: 'list',
    /** Number: milliseconds since the epoch. */
    sortKey: 'startedAt',
  },
  /** Rows of runs that have not ended, and no others; by the same time, with every attribute. */
  open: {
    indexName: 'open',
    /** String: `RUN`; a row loses it at the end of its run. */
    partitionKey: 'open',
    sortKey: 'startedAt',
  },
} as const;
