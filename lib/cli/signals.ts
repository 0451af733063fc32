const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Caught = keyof typeof SIGNALS;

/**
 * Listens to Ctrl-C and its like until `release`.
 * @param first the first one: to end in an orderly way
 * @param second another one: what is left to do before this process ends at once
 */
export function catchSignals(first: () => void, second: () => void = () => {}) {
  const names = Object.keys(SIGNALS) as Caught[];
  let caught: Caught | undefined;
  const handler = (signal: NodeJS.Signals) => {
    if (caught !== undefined) {
      second();
      process.exit(SIGNALS[signal as Caught]);
    }
    caught = signal as Caught;
    first();
  };
  for (const name of names) process.on(name, handler);
  return {
    /** As a shell reports it: 128 + the signal's number. */
    exitCode: () => SIGNALS[caught ?? 'SIGINT'],
    release() {
      for (const name of names) process.off(name, handler);
    },
  };
}
