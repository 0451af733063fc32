import { getHeapStatistics } from 'node:v8';
import { refuse } from '../errors';
import { type Strain, Throttle, type ThrottleOptions } from './throttle';

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

export interface MemoryMonitorOptions extends ThrottleOptions {
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
}

/**
 * Watches the heap, and holds new work back while it is above
 * `maxMemoryMB × memoryThresholdPercent / 100`. At least one worker always makes progress.
 */
export class MemoryMonitor implements Strain {
  readonly thresholdBytes: number;
  private readonly heapUsed: () => number;
  private readonly throttle: Throttle;
  private above = false;
  private peakBytes = 0;

  /** @throws InputError when a limit is not positive, or the percentage not within 1–100 */
  constructor(
    private readonly limits: MemoryLimits,
    private readonly options: MemoryMonitorOptions = {},
  ) {
    this.thresholdBytes = thresholdOf(limits);
    this.heapUsed = options.heapUsed ?? (() => getHeapStatistics().used_heap_size);
    this.throttle = new Throttle([this], options);
  }

  /**
   * Called before a worker starts its work; resolves when it may. That is at once when the heap is below
   * the threshold and nobody waits, when throttling is off, or when no worker is active. Those who wait
   * are let go one at a time, first come first served, with a fresh look at the heap in between.
   * @param activeWorkers how many workers are at work now
   * @throws the signal's reason once it is aborted; whatever a callback throws meanwhile
   */
  admit(activeWorkers: () => number, signal?: AbortSignal): Promise<void> {
    return this.throttle.admit(activeWorkers, signal);
  }

  /** To be called when a worker ends: whoever waits is looked at now rather than 100 ms later. */
  workerEnded(): void {
    this.throttle.workerEnded();
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

  /** For how long `admit` held work back until now, in seconds; two workers held together count once. */
  throttledSeconds(): number {
    return this.throttle.heldSeconds(this);
  }

  /** Looks at the heap; whether it holds new work back: for a throttle with other strains beside it. */
  isAbove(): boolean {
    this.look();
    return this.above && this.limits.throttleOnMemory;
  }

  relieve(): void {
    (this.options.gc ?? globalThis.gc)?.();
  }

  onThrottle(): void {
    this.options.onThrottle?.(this.look());
  }

  onRelease(heldSeconds: number): void {
    this.options.onRelease?.(heldSeconds, this.look());
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
