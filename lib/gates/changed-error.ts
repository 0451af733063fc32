/** What was sealed may have changed: nothing has been started. */
export class ChangedError extends Error {}
