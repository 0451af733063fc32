import { setTimeout as sleep } from 'node:timers/promises';

/** Something may have happened. */
export interface Latch {
  notify(): void;
  /** Resolves once somebody has notified since the last wait, after `ms` at the latest, or when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createLatch(): Latch {
  let notified = Promise.withResolvers<void>();
  return {
    notify: () => notified.resolve(),
    async wait(ms, signal) {
      const stop = new AbortController();
      const any = AbortSignal.any([signal, stop.signal]);
      await Promise.race([notified.promise, sleep(ms, undefined, { signal: any }).catch(() => {})]);
      stop.abort();
      notified = Promise.withResolvers<void>();
    },
  };
}
