/** The shape of the table of remembered operations: what the stack creates and `DynamoDbStore` relies on. */
export const CACHE_TABLE = {
  /** Both keys are strings. */
  partitionKey: 'namespace',
  sortKey: 'key',
  /** Seconds since the epoch. */
  timeToLive: 'expiresAt',
} as const;
