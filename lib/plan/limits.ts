/** How many gates may run at once, in a plan and on the command line. */
export const MAX_WORKERS = 10_000;
