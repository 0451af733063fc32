import fc from 'fast-check';
import {
  type Bounds,
  boundsFor,
  firstLimit,
  type LoadSample,
  nextLimit,
  type WorkerLimit,
} from '../../lib/performance/worker-limit';

const IDLE: LoadSample = {
  busy: 0,
  cpuUsed: 0,
  cpuPressure: 0,
  ioPressure: 0,
  memoryPressure: 0,
  memoryFree: 0.8,
  heapUsed: 0.1,
};
const BUSY = { cpuUsed: 1, cpuPressure: 1 };
const BOUNDS = boundsFor(2);

/** The limits after each sample; `busy` is as many as may be, unless the sample says so. */
function limitsOf(
  samples: readonly Partial<LoadSample>[],
  { bounds = BOUNDS, from = firstLimit(bounds) }: { bounds?: Bounds; from?: WorkerLimit } = {},
): number[] {
  let now = from;
  return samples.map((sample) => {
    now = nextLimit(bounds, now, { ...IDLE, busy: now.limit, ...sample });
    return now.limit;
  });
}

const at = (limit: number, more: Partial<WorkerLimit> = {}): WorkerLimit => ({
  ...firstLimit(BOUNDS),
  limit,
  ...more,
});
const times = (count: number, sample: Partial<LoadSample>) => Array.from({ length: count }, () => sample);

describe('the limit of workers', () => {
  it('begins with the cores, doubles while less than half of the processors is used, and ends at the bound', () => {
    expect(firstLimit(BOUNDS).limit).toBe(2);
    expect(limitsOf(times(5, {}))).toEqual([4, 8, 16, 16, 16]);
    expect(firstLimit({ cores: 8, max: 3 }).limit).toBe(3);
  });

  it('grows step by step above that, and not when the processors are nearly used up', () => {
    expect(limitsOf(times(4, { cpuUsed: 0.7 }))).toEqual([3, 4, 5, 6]);
    expect(limitsOf(times(3, { cpuUsed: 0.7 }), { bounds: boundsFor(8) })).toEqual([10, 12, 14]);
    expect(limitsOf(times(5, { cpuUsed: 0.96 }))).toEqual([2, 2, 2, 2, 2]);
  });

  it('does not grow while what it allows is not used', () => {
    expect(limitsOf(times(5, { busy: 1 }))).toEqual([2, 2, 2, 2, 2]);
  });

  it.each<[string, Partial<LoadSample>]>([
    ['processors are waited for', { cpuPressure: 0.97 }],
    ['disks are busy', { ioPressure: 0.5 }],
    ['memory is waited for', { memoryPressure: 0.05 }],
    ['little memory is left', { memoryFree: 0.09 }],
    ['the heap is near its threshold', { heapUsed: 0.95 }],
  ])('does not grow where %s', (_, sample) => {
    expect(limitsOf(times(5, sample))).toEqual([2, 2, 2, 2, 2]);
  });

  it('is not held up by what the system does not say', () => {
    const unknown = {
      cpuPressure: undefined,
      ioPressure: undefined,
      memoryPressure: undefined,
      memoryFree: undefined,
    };
    expect(limitsOf(times(3, unknown))).toEqual([4, 8, 16]);
    expect(limitsOf(times(20, { ...unknown, cpuUsed: 1 }), { from: at(16) }).at(-1)).toBe(9);
  });

  it('falls by a quarter when processors or disks are short for two seconds, down to the cores', () => {
    const everyTenth = limitsOf(times(70, BUSY), { from: at(16) }).filter((_, k) => k % 10 === 9);
    expect(everyTenth).toEqual([12, 9, 6, 4, 3, 2, 2]);
    const disks = limitsOf(times(10, { ioPressure: 0.9 }), { from: at(16) });
    expect(disks).toEqual([...times(9, {}).map(() => 16), 12]);
    const waves = [...times(9, BUSY), { cpuUsed: 0.96 }, ...times(9, BUSY), { cpuUsed: 0.96 }];
    expect(new Set(limitsOf(waves, { from: at(16) }))).toEqual(new Set([16]));
    expect(new Set(limitsOf(times(30, { ...BUSY, ioPressure: 1 }), { from: at(2) }))).toEqual(new Set([2]));
  });

  it('halves when memory is short, down to one, and goes back to the cores step by step', () => {
    const samples = [...times(6, { memoryPressure: 0.3 }), ...times(120, BUSY)];
    const limits = limitsOf(samples, { from: at(8) });
    expect(limits.slice(0, 6)).toEqual([8, 4, 4, 2, 2, 1]);
    expect(limits.at(-1)).toBe(2);
    expect(limitsOf(times(3, { heapUsed: 1.1 }), { from: at(8) })).toEqual([8, 4, 4]);
  });

  it('waits for gates that run to end before it falls further', () => {
    const strained = { memoryPressure: 0.3 };
    const samples = [strained, strained, ...times(9, { ...strained, busy: 16 }), { ...strained, busy: 8 }];
    expect(limitsOf(samples, { from: at(16) })).toEqual([16, ...times(10, {}).map(() => 8), 4]);
  });

  it('falls to what is in use where that is less', () => {
    expect(limitsOf(times(10, { ...BUSY, busy: 4 }), { from: at(16) }).at(-1)).toBe(3);
  });

  it('tries only half the way back for a time, which gets longer, unless the load is another', () => {
    const fall = times(10, BUSY);
    const limitAfter = (count: number, cpuUsed: number, more: Partial<WorkerLimit> = {}) =>
      limitsOf([...fall, ...times(count, { cpuUsed })], { from: at(16, more) }).at(-1);
    expect(limitAfter(20, 0.8)).toBe(14);
    expect(limitAfter(40, 0.8)).toBe(16);
    expect(limitAfter(40, 0.8, { backoff: 50 })).toBe(14);
    expect(limitAfter(1, 0.2)).toBe(16);
  });

  it('says why it changes, and nothing where it does not', () => {
    const grown = nextLimit(BOUNDS, at(2), { ...IDLE, busy: 2, cpuUsed: 0.123 });
    expect(grown.why).toBe('the processors are used 12 %');
    expect(nextLimit(BOUNDS, grown, { ...IDLE, ...BUSY }).why).toBeUndefined();
  });

  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const maybe = fc.option(share, { nil: undefined });
  const sample = fc.record({
    busy: fc.nat(200),
    cpuUsed: share,
    cpuPressure: maybe,
    ioPressure: maybe,
    memoryPressure: maybe,
    memoryFree: maybe,
    heapUsed: fc.double({ min: 0, max: 3, noNaN: true }),
  });
  const anyBounds = fc.record({
    cores: fc.integer({ min: 1, max: 64 }),
    max: fc.integer({ min: 1, max: 600 }),
  });

  it('is a whole number from one to the bound, whatever is seen', () => {
    fc.assert(
      fc.property(anyBounds, fc.array(sample, { maxLength: 80 }), (bounds, samples) => {
        for (const limit of limitsOf(samples, { bounds })) {
          expect(Number.isInteger(limit)).toBe(true);
          expect(limit).toBeGreaterThanOrEqual(1);
          expect(limit).toBeLessThanOrEqual(bounds.max);
        }
      }),
    );
  });

  it('is never below the cores for what is not memory', () => {
    const calm = sample.map((any) => ({ ...any, memoryPressure: 0, heapUsed: 0 }));
    fc.assert(
      fc.property(anyBounds, fc.array(calm, { maxLength: 80 }), (bounds, samples) => {
        for (const limit of limitsOf(samples, { bounds }))
          expect(limit).toBeGreaterThanOrEqual(Math.min(bounds.cores, bounds.max));
      }),
    );
  });

  /** Gates of a kind: each wants a processor for this share of the time, whatever the others do. */
  function loadOf(limit: number, cores: number, demand: number): Partial<LoadSample> {
    // Binomial: how many of them want one at once.
    let probability = (1 - demand) ** limit;
    let used = 0;
    let waits = 0;
    for (let wanted = 0; wanted <= limit; wanted += 1) {
      used += probability * Math.min(wanted, cores);
      if (wanted > cores) waits += probability;
      probability *= ((limit - wanted) / (wanted + 1)) * (demand / (1 - demand));
    }
    return { cpuUsed: Math.min(1, used / cores), cpuPressure: Math.min(1, waits) };
  }

  it('settles under a constant load, where the machine does nine tenths of what it can', () => {
    const demands = fc.double({ min: 0.001, max: 0.98, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        demands,
        fc.integer({ min: 1, max: 128 }),
        (cores, demand, from) => {
          const bounds = boundsFor(cores);
          let now: WorkerLimit = { ...firstLimit(bounds), limit: Math.min(from, bounds.max) };
          const limits = Array.from({ length: 600 }, () => {
            const load = loadOf(now.limit, cores, demand);
            now = nextLimit(bounds, now, { ...IDLE, ...load, busy: now.limit });
            return now.limit;
          });
          const settled = limits.slice(300);
          const changes = settled.filter((limit, k) => k > 0 && limit !== settled[k - 1]).length;
          // At most one try for more, and back.
          expect(changes).toBeLessThanOrEqual(4);
          const mean = settled.reduce((sum, limit) => sum + loadOf(limit, cores, demand).cpuUsed!, 0) / 300;
          expect(mean).toBeGreaterThanOrEqual(0.9 * loadOf(bounds.max, cores, demand).cpuUsed! - 1e-9);
        },
      ),
    );
  });
});
