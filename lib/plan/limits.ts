/** How many gates may run at once, in a plan and on the command line. */
export const MAX_WORKERS = 10_000;

/** As many prefixes of weaves that fail are verified in a run: enough for eight culprits among a hundred items. */
export const DEFAULT_MAX_PROBES = 64;

/** That many more name the clash among four items; each takes as long as the verification. */
export const DEFAULT_MAX_CLASH_PROBES = 2;
