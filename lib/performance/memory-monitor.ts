import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { refuse } from '../errors';

/** The specification's rule: look again after this many milliseconds. */
const LOOK_AGAIN_MS = 100;
const MB = 1024 * 1024;

export interface MemoryLimits {
  /** Heap limit in MB (2²⁰ bytes); default: see `defaultLimitBytes`. */
  readonly maxMemoryMB?: number | undefined;
  /** New work is held back from this share of the limit on, 1–100. */
  readonly memoryThresholdPercent: number;
  /** Off: the memory is watched and reported, nothing is held back. */
  readonly throttleOnMemory: boolean;
}

export interface MemoryReading {
  readonly heapUsedBytes: number;
  readonly thresholdBytes: number;
}

export interface MemoryMonitorOptions {
  /** The heap crossed the threshold, upwards (`above`) or downwards. Called for crossings, not for samples. */
  readonly onCrossing?: (above: boolean, reading: MemoryReading) => void;
  /** Work begins to be held back. */
  readonly onThrottle?: (reading: MemoryReading) => void;
  /** No work is held back any more; for how many seconds it was. */
  readonly onRelease?: (heldSeconds: number, reading: MemoryReading) => void;
  /** Bytes in use on the heap; default: that of this process. */
  readonly heapUsed?: () => number;
  /** Default: `global.gc`, which Node has with `--expose-gc` only. */
  readonly gc?: () => void;
  /** Waits for some milliseconds, or rejects when the signal is aborted. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
}

interface Waiter {
  readonly activeWorkers: () => number;
  readonly release: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Watches the heap, and holds new work back while it is above
 * `maxMemoryMB × memoryThresholdPercent / 100`. At least one worker always makes progress.
 */
export class MemoryMonitor {
  readonly thresholdBytes: number;
  private readonly heapUsed: () => number;
  private readonly now: () => number;
  private readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  private readonly waiting: Waiter[] = [];
  private wake = new AbortController();
  private watching = false;
  private above = false;
  private peakBytes = 0;
  private heldSince: number | undefined;
  private heldMs = 0;

  /** @throws InputError when a limit is not positive, or the percentage not within 1–100 */
  constructor(
    private readonly limits: MemoryLimits,
    private readonly options: MemoryMonitorOptions = {},
  ) {
    this.thresholdBytes = thresholdOf(limits);
    this.heapUsed = options.heapUsed ?? (() => process.memoryUsage().heapUsed);
    this.now = options.now ?? (() => performance.now());
    this.delay = options.delay ?? ((ms, signal) => sleep(ms, undefined, { signal }));
  }

  /**
   * Called before a worker starts its work; resolves when it may. That is at once when the heap is below
   * the threshold and nobody waits, when throttling is off, or when no worker is active. Those who wait
   * are let go one at a time, first come first served, with a fresh look at the heap in between.
   * @param activeWorkers how many workers are at work now
   * @throws the signal's reason once it is aborted; whatever a callback throws meanwhile
   */
  async admit(activeWorkers: () => number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.limits.throttleOnMemory) {
      this.look();
      return;
    }
    if (this.waiting.length === 0 && !this.isAbove()) return;
    await this.wait(activeWorkers, signal);
  }

  /** To be called when a worker ends: whoever waits is looked at now rather than 100 ms later. */
  workerEnded(): void {
    this.wake.abort();
  }

  /** Looks at the heap, for its gauge, peak and crossings; called after each worker starts. */
  look(): MemoryReading {
    const reading = { heapUsedBytes: this.heapUsed(), thresholdBytes: this.thresholdBytes };
    this.peakBytes = Math.max(this.peakBytes, reading.heapUsedBytes);
    const above = reading.heapUsedBytes > reading.thresholdBytes;
    if (above !== this.above) {
      this.above = above;
      this.options.onCrossing?.(above, reading);
    }
    return reading;
  }

  /** The highest heap seen, in bytes. */
  peak(): number {
    return this.peakBytes;
  }

  /** For how long work was held back until now, in seconds; two workers held together count once. */
  throttledSeconds(): number {
    const current = this.heldSince === undefined ? 0 : this.now() - this.heldSince;
    return (this.heldMs + current) / 1000;
  }

  private isAbove(): boolean {
    this.look();
    return this.above;
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
        if (!(next.activeWorkers() > 0) || !this.isAbove()) {
          if (this.waiting.length === 1) this.endHold();
          this.waiting.shift();
          next.release();
          // Let it start, so that the next look counts it.
          await new Promise(setImmediate);
        } else await this.holdBack();
      }
      this.endHold();
    } catch (error) {
      this.stopClock();
      // Nobody else would ever let them go.
      for (const waiter of this.waiting.splice(0)) waiter.fail(error);
    } finally {
      this.watching = false;
    }
  }

  private async holdBack(): Promise<void> {
    if (this.heldSince === undefined) {
      this.heldSince = this.now();
      this.options.onThrottle?.(this.look());
    }
    (this.options.gc ?? globalThis.gc)?.();
    this.wake = new AbortController();
    // A wait cut short by `wake` is as good as one that ended.
    await this.delay(LOOK_AGAIN_MS, this.wake.signal).catch(() => {});
  }

  private endHold(): void {
    const held = this.stopClock();
    if (held !== undefined) this.options.onRelease?.(held / 1000, this.look());
  }

  /** @returns for how many milliseconds work was held back, undefined where none was */
  private stopClock(): number | undefined {
    if (this.heldSince === undefined) return undefined;
    const held = this.now() - this.heldSince;
    this.heldMs += held;
    this.heldSince = undefined;
    return held;
  }
}

/**
 * The limit where the plan sets none: 75 % of what V8 allows the heap, or 70 % of what the container
 * allows the process, whichever is smaller.
 * @param containerBytes as `process.constrainedMemory()`: 0 where it is unknown, huge where there is none
 */
export function defaultLimitBytes(heapLimitBytes: number, containerBytes: number): number {
  const ofHeap = heapLimitBytes * 0.75;
  return containerBytes > 0 ? Math.min(ofHeap, containerBytes * 0.7) : ofHeap;
}

function thresholdOf({ maxMemoryMB, memoryThresholdPercent }: MemoryLimits): number {
  if (maxMemoryMB !== undefined && !(maxMemoryMB > 0))
    throw refuse('max-memory', `maxMemoryMB is ${maxMemoryMB}`, 'give a positive number of megabytes');
  if (!(memoryThresholdPercent >= 1 && memoryThresholdPercent <= 100))
    throw refuse(
      'memory-threshold',
      `memoryThresholdPercent is ${memoryThresholdPercent}`,
      'give a number from 1 to 100',
    );
  const limit =
    maxMemoryMB === undefined
      ? defaultLimitBytes(getHeapStatistics().heap_size_limit, process.constrainedMemory())
      : maxMemoryMB * MB;
  return (limit * memoryThresholdPercent) / 100;
}
