/** Words of reasons by which the advice is chosen: all that there is when a report is read later. */
export const REASON_WORDS = {
  /** The target fails by itself. */
  mendFirst: 'mend that first',
  /** The plan names a commit. */
  planAgain: 'plan again',
  deleted: 'was deleted during the run',
} as const;
