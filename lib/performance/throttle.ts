import { setTimeout as sleep } from 'node:timers/promises';

/** The specification's rule: look again after this many milliseconds. */
const LOOK_AGAIN_MS = 100;

/** Something of which there may be too little, so that new work is held back. */
export interface Strain {
  /** Looks; whether new work is to be held back now. */
  isAbove(): boolean;
  /** Does what may help; called before each wait while it is above. */
  relieve?(): void;
  /** Work begins to be held back because of it. */
  onThrottle?(): void;
  /** That is over; for how many seconds it was. */
  onRelease?(heldSeconds: number): void;
}

export interface ThrottleOptions {
  /** Waits for some milliseconds, or rejects when the signal is aborted. */
  readonly delay?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: (() => number) | undefined;
}

interface Waiter {
  readonly activeWorkers: () => number;
  readonly release: () => void;
  readonly fail: (error: unknown) => void;
}

/** Holds new work back while any of its strains is above. At least one worker always makes progress. */
export class Throttle {
  private readonly now: () => number;
  private readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  private readonly waiting: Waiter[] = [];
  private readonly heldSince = new Map<Strain, number>();
  private readonly heldMs = new Map<Strain, number>();
  /** The same of all strains together. */
  private readonly any: { since: number | undefined; ms: number } = { since: undefined, ms: 0 };
  private wake = new AbortController();
  private watching = false;

  constructor(
    private readonly strains: readonly Strain[],
    options: ThrottleOptions = {},
  ) {
    this.now = options.now ?? (() => performance.now());
    this.delay = options.delay ?? ((ms, signal) => sleep(ms, undefined, { signal }));
  }

  /**
   * Called before a worker starts its work; resolves when it may. That is at once when nothing is above and nobody
   * waits, or when no worker is active. Those who wait are let go one at a time, first come first served, with a
   * fresh look in between.
   * @param activeWorkers how many workers are at work now
   * @throws the signal's reason once it is aborted; whatever a strain throws meanwhile
   */
  async admit(activeWorkers: () => number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.waiting.length === 0 && this.above().length === 0) return;
    await this.wait(activeWorkers, signal);
  }

  /** How many workers are held back now. */
  get held(): number {
    return this.waiting.length;
  }

  /** To be called when a worker ends: whoever waits is looked at now rather than 100 ms later. */
  workerEnded(): void {
    if (this.waiting.length > 0) this.wake.abort();
  }

  /** For how long work was held back by it until now, in seconds; two workers held together count once. */
  heldSeconds(strain: Strain): number {
    const since = this.heldSince.get(strain);
    const current = since === undefined ? 0 : this.now() - since;
    return ((this.heldMs.get(strain) ?? 0) + current) / 1000;
  }

  /** For how long work was held back until now by whatever it was, in seconds. */
  anyHeldSeconds(): number {
    const { since, ms } = this.any;
    return (ms + (since === undefined ? 0 : this.now() - since)) / 1000;
  }

  /** All are looked at: each tells of its own crossings. */
  private above(): readonly Strain[] {
    return this.strains.filter((strain) => strain.isAbove());
  }

  private wait(activeWorkers: () => number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        this.wake.abort();
        reject(signal?.reason);
      };
      const done = () => signal?.removeEventListener('abort', leave);
      const waiter: Waiter = {
        activeWorkers,
        release: () => {
          done();
          resolve();
        },
        fail: (error) => {
          done();
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiter);
      if (!this.watching) void this.watch();
    });
  }

  /** The one loop that lets waiters go; runs while there are any. */
  private async watch(): Promise<void> {
    this.watching = true;
    try {
      while (this.waiting.length > 0) {
        const next = this.waiting[0]!;
        const above = this.above();
        this.endHolds(above);
        if (above.length === 0 || !(next.activeWorkers() > 0)) {
          if (this.waiting.length === 1) this.endHolds();
          this.waiting.shift();
          next.release();
          // Let it start, so that the next look counts it.
          await new Promise(setImmediate);
        } else await this.holdBack(above);
      }
      this.endHolds();
    } catch (error) {
      for (const strain of this.strains) this.stopClock(strain);
      // Nobody else would ever let them go.
      for (const waiter of this.waiting.splice(0)) waiter.fail(error);
    } finally {
      this.watching = false;
    }
  }

  private async holdBack(above: readonly Strain[]): Promise<void> {
    for (const strain of above) {
      if (!this.heldSince.has(strain)) {
        const now = this.now();
        this.heldSince.set(strain, now);
        this.any.since ??= now;
        strain.onThrottle?.();
      }
      strain.relieve?.();
    }
    this.wake = new AbortController();
    // A wait cut short by `wake` is as good as one that ended.
    await this.delay(LOOK_AGAIN_MS, this.wake.signal).catch(() => {});
  }

  private endHolds(except: readonly Strain[] = []): void {
    for (const strain of this.strains) {
      const held = except.includes(strain) ? undefined : this.stopClock(strain);
      if (held !== undefined) strain.onRelease?.(held / 1000);
    }
  }

  /** @returns for how many milliseconds work was held back, undefined where none was */
  private stopClock(strain: Strain): number | undefined {
    const since = this.heldSince.get(strain);
    if (since === undefined) return undefined;
    const now = this.now();
    const held = now - since;
    this.heldMs.set(strain, (this.heldMs.get(strain) ?? 0) + held);
    this.heldSince.delete(strain);
    if (this.heldSince.size === 0) {
      this.any.ms += now - this.any.since!;
      this.any.since = undefined;
    }
    return held;
  }
}
