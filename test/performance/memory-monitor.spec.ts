import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import {
  defaultLimitBytes,
  type MemoryLimits,
  MemoryMonitor,
  type MemoryMonitorOptions,
} from '../../lib/performance/memory-monitor';
import { bundle, finished, start } from './child-script';

const MB = 1024 * 1024;
const LIMITS: MemoryLimits = { maxMemoryMB: 100, memoryThresholdPercent: 80, throttleOnMemory: true };

/** A monitor with a heap, a clock and waits that the test moves; and what it reports. */
function setUp(limits: Partial<MemoryLimits> = {}) {
  const world = { heapMB: 10, ms: 0, active: 0 };
  const events: string[] = [];
  const waits: { ms: number; end: () => void }[] = [];
  const gc = jest.fn();
  const monitor = new MemoryMonitor(
    { ...LIMITS, ...limits },
    {
      heapUsed: () => world.heapMB * MB,
      now: () => world.ms,
      gc,
      delay: (ms, signal) =>
        new Promise((resolve, reject) => {
          waits.push({ ms, end: resolve });
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      onCrossing: (above, { heapUsedBytes }) =>
        events.push(`${above ? 'above' : 'below'} ${heapUsedBytes / MB}`),
      onThrottle: () => events.push('throttle'),
      onRelease: (seconds) => events.push(`release ${seconds}`),
    },
  );
  /** Ends the wait under way, 100 ms later, and lets what follows from it happen. */
  const tick = async () => {
    world.ms += 100;
    waits.at(-1)!.end();
    await settle();
  };
  return { monitor, world, events, waits, gc, tick };
}

function broken(): never {
  throw new Error('broken');
}

/** Long enough for any chain of releases that is not stopped by a wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

/** Lanes that ask to start, and what became of it. */
function lanes(monitor: MemoryMonitor, world: { active: number }) {
  const started: string[] = [];
  const ask = (name: string, signal?: AbortSignal) =>
    monitor
      .admit(() => world.active, signal)
      .then(() => {
        world.active += 1;
        started.push(name);
      });
  return { started, ask };
}

describe('memory monitor', () => {
  it('lets work start at once below the threshold', async () => {
    const { monitor, world, events, waits } = setUp();
    world.active = 5;
    world.heapMB = 80;
    await monitor.admit(() => world.active);
    expect(monitor.thresholdBytes).toBe(80 * MB);
    expect([events, waits]).toEqual([[], []]);
    expect(monitor.throttledSeconds()).toBe(0);
  });

  it('holds work back above it: collects garbage, waits 100 ms, looks again, until memory drops', async () => {
    const { monitor, world, events, waits, gc, tick } = setUp();
    const { started, ask } = lanes(monitor, world);
    world.active = 1;
    world.heapMB = 81;
    const asked = ask('a');
    await settle();
    expect([started, waits.length, waits[0]!.ms, gc.mock.calls.length]).toEqual([[], 1, 100, 1]);
    await tick();
    await tick();
    expect([started, waits.length, gc.mock.calls.length]).toEqual([[], 3, 3]);
    expect(monitor.throttledSeconds()).toBeCloseTo(0.2);
    world.heapMB = 79;
    await tick();
    await asked;
    expect(events).toEqual(['above 81', 'throttle', 'below 79', 'release 0.3']);
    world.ms += 5_000;
    expect(monitor.throttledSeconds()).toBeCloseTo(0.3);
    expect(monitor.peak()).toBe(81 * MB);
  });

  it('lets exactly one of many start when none is active, though memory never drops', async () => {
    const { monitor, world, tick } = setUp();
    const { started, ask } = lanes(monitor, world);
    world.heapMB = 99;
    const all = ['a', 'b', 'c'].map((name) => ask(name));
    await settle();
    expect(started).toEqual(['a']);
    await tick();
    expect(started).toEqual(['a']);
    world.active = 0;
    await tick();
    expect(started).toEqual(['a', 'b']);
    world.active = 0;
    await tick();
    await Promise.all(all);
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('lets the next one start as soon as the last active worker ends, without waiting for the clock', async () => {
    const { monitor, world, waits } = setUp();
    const { started, ask } = lanes(monitor, world);
    world.heapMB = 99;
    world.active = 1;
    const asked = ask('a');
    await settle();
    expect(started).toEqual([]);
    world.active = 0;
    monitor.workerEnded();
    await asked;
    expect(waits).toHaveLength(1);
  });

  it('lets those who wait go one at a time, in order, and looks before each', async () => {
    const { monitor, world, tick } = setUp();
    const { started, ask } = lanes(monitor, world);
    world.heapMB = 90;
    world.active = 1;
    const grow = () => {
      world.heapMB += 10;
    };
    const all = ['a', 'b', 'c', 'd'].map((name) => ask(name).then(grow));
    await settle();
    world.heapMB = 65;
    const late = ask('late');
    await tick();
    expect(started).toEqual(['a', 'b']);
    world.heapMB = 30;
    await tick();
    await Promise.all([...all, late]);
    expect(started).toEqual(['a', 'b', 'c', 'd', 'late']);
  });

  it('reports crossings, not samples', () => {
    const { monitor, world, events } = setUp();
    for (const heap of [10, 70, 85, 90, 95, 60, 61, 81]) {
      world.heapMB = heap;
      monitor.look();
    }
    expect(events).toEqual(['above 85', 'below 60', 'above 81']);
    expect(monitor.peak()).toBe(95 * MB);
  });

  it('only watches when throttling is off', async () => {
    const { monitor, world, events, waits } = setUp({ throttleOnMemory: false });
    world.heapMB = 99;
    await monitor.admit(() => 8);
    expect([events, waits]).toEqual([['above 99'], []]);
  });

  it('ends a wait that is aborted, with the reason, and goes on with the others', async () => {
    const { monitor, world, events, tick } = setUp();
    const { started, ask } = lanes(monitor, world);
    world.heapMB = 99;
    world.active = 1;
    const cancel = new AbortController();
    const first = ask('a', cancel.signal);
    const second = ask('b');
    await settle();
    cancel.abort(new Error('cancelled'));
    await expect(first).rejects.toThrow('cancelled');
    await settle();
    world.heapMB = 1;
    await tick();
    await second;
    expect(started).toEqual(['b']);
    await expect(ask('c', cancel.signal)).rejects.toThrow('cancelled');
    expect(events.filter((event) => event.startsWith('release'))).toHaveLength(1);
  });

  it('takes no notice of an abort that comes after the work was let go', async () => {
    const { monitor, world, tick } = setUp();
    const { started, ask } = lanes(monitor, world);
    world.heapMB = 99;
    const cancel = new AbortController();
    const first = ask('a', cancel.signal);
    const second = ask('b');
    await first;
    await settle();
    cancel.abort();
    world.heapMB = 1;
    await tick();
    await second;
    expect(started).toEqual(['a', 'b']);
  });

  it('ends being held back when the last who waits is aborted', async () => {
    const { monitor, world, events } = setUp();
    world.heapMB = 99;
    const cancel = new AbortController();
    const asked = monitor.admit(() => 1, cancel.signal);
    await settle();
    world.ms += 40;
    cancel.abort();
    await expect(asked).rejects.toThrow('aborted');
    await settle();
    expect(events.at(-1)).toBe('release 0.04');
    expect(monitor.throttledSeconds()).toBeCloseTo(0.04);
  });

  it.each<[string, MemoryMonitorOptions, () => number]>([
    ['the count of workers', {}, broken],
    ['the garbage collector', { gc: broken }, () => 1],
    ['who is told of it', { onThrottle: broken }, () => 1],
  ])(
    'lets those who wait fail, not hang, when %s fails; later ones are let go',
    async (_, options, count) => {
      let heapUsed = 200 * MB;
      const monitor = new MemoryMonitor(LIMITS, { heapUsed: () => heapUsed, ...options });
      const waiting = [monitor.admit(count), monitor.admit(count)];
      const ends = await Promise.allSettled(waiting);
      expect(ends.map((end) => end.status === 'rejected' && end.reason.message)).toEqual([
        'broken',
        'broken',
      ]);
      const held = monitor.throttledSeconds();
      await settle();
      expect(monitor.throttledSeconds()).toBe(held);
      heapUsed = 0;
      await monitor.admit(() => 1);
    },
  );

  it('holds nobody back for a number of workers that is none', async () => {
    for (const count of [-1, Number.NaN]) {
      const { monitor, world } = setUp();
      world.heapMB = 99;
      await monitor.admit(() => count);
      expect(monitor.throttledSeconds()).toBe(0);
    }
  });

  it('without maxMemoryMB takes the smaller of 75 % of the heap and 70 % of the container', () => {
    expect(defaultLimitBytes(4000, 0)).toBe(3000);
    expect(defaultLimitBytes(4000, 1000)).toBe(700);
    expect(defaultLimitBytes(4000, 2 ** 64)).toBe(3000);
    const monitor = new MemoryMonitor({ memoryThresholdPercent: 50, throttleOnMemory: true });
    const limit = defaultLimitBytes(getHeapStatistics().heap_size_limit, process.constrainedMemory());
    expect(monitor.thresholdBytes).toBe(limit / 2);
    expect(monitor.look().heapUsedBytes).toBeGreaterThan(MB);
  });

  it.each([
    [{ maxMemoryMB: 0 }, 'maxMemoryMB'],
    [{ maxMemoryMB: Number.NaN }, 'maxMemoryMB'],
    [{ memoryThresholdPercent: 0 }, 'memoryThresholdPercent'],
    [{ memoryThresholdPercent: 101 }, 'memoryThresholdPercent'],
  ])('refuses %p', (limits, field) => {
    expect(() => new MemoryMonitor({ ...LIMITS, ...limits })).toThrow(field);
  });
});

describe('memory monitor on a heap that really grows', () => {
  let folder: string;
  let script: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    script = bundle(folder, GROW);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Arguments: whether what is allocated is let go, after how many looks. Limit 64 MB, threshold 48 MB. */
  const GROW = `
    import { MemoryMonitor } from './lib/performance/memory-monitor';
    const [free] = process.argv.slice(2);
    const events = [];
    let looks = 0;
    let active = 1;
    let held = Array.from({ length: 80 }, () => new Array(131072).fill(1.5));
    const monitor = new MemoryMonitor(
      { maxMemoryMB: 64, memoryThresholdPercent: 75, throttleOnMemory: true },
      {
        heapUsed: () => {
          looks += 1;
          if (looks === 5 && free === 'free') held = [];
          if (looks === 5 && free === 'keep') active = 0;
          return process.memoryUsage().heapUsed;
        },
        onCrossing: (above) => events.push(above ? 'above' : 'below'),
        onThrottle: () => events.push('throttle'),
        onRelease: () => events.push('release'),
      },
    );
    await monitor.admit(() => active);
    console.log(JSON.stringify({
      events, looks, peakMB: monitor.peak() / 2 ** 20, seconds: monitor.throttledSeconds(), kept: held.length,
    }));
  `;

  it('holds work back until the memory is collected, with --expose-gc', async () => {
    const result = JSON.parse(await finished(start(script, ['free'], ['--expose-gc'])));
    expect(result.events).toEqual(['above', 'throttle', 'below', 'release']);
    expect(result.peakMB).toBeGreaterThan(80);
    expect(result.seconds).toBeGreaterThan(0);
  });

  it('ends when the last worker has, though the memory is never let go, without --expose-gc', async () => {
    const result = JSON.parse(await finished(start(script, ['keep'])));
    expect(result).toMatchObject({ events: ['above', 'throttle', 'release'], kept: 80 });
  });
});
