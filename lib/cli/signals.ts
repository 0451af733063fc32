import { onSignal } from './starter';

/** As a shell reports it: 128 + the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Listens to Ctrl-C and its like until `release`.
 * @param first the first one: to end in an orderly way
 * @param second another one: what is left to do before this process ends at once
 */
export function catchSignals(first: () => void, second: () => void = () => {}) {
  let caught: keyof typeof EXIT_CODES | undefined;
  const release = onSignal((signal) => {
    if (caught !== undefined) {
      second();
      process.exit(EXIT_CODES[signal]);
    }
    caught = signal;
    first();
  });
  return { exitCode: () => EXIT_CODES[caught ?? 'SIGINT'], release };
}
