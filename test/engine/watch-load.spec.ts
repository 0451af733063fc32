import { describePressure } from '../../lib/doctor/machine';
import { unwatched, watchLoad } from '../../lib/engine/watch-load';
import type { ReadPressure } from '../../lib/performance/pressure';
import { PERFORMANCE_DEFAULTS } from '../../lib/plan/presets';

const PLENTY = { ...PERFORMANCE_DEFAULTS, maxMemoryMB: 1_000_000 };

/** Pressures that the test sets, and which of them were read. */
function pressures(now: Partial<Record<string, number>>) {
  const asked: string[] = [];
  const read: ReadPressure = (resource) => {
    asked.push(resource);
    const avg10 = now[resource];
    return avg10 === undefined ? undefined : { avg10, totalUs: 0 };
  };
  return { now, asked, read };
}

describe('the load that holds gates back', () => {
  it.each([
    ['cpu', { throttleOnCpu: true }, 80],
    ['cpu', { throttleOnCpu: true, cpuThresholdPercent: 30 }, 30],
    ['io', { throttleOnIo: true }, 60],
    ['io', { throttleOnIo: true, ioThresholdPercent: 99 }, 99],
  ] as const)('is the %s above the threshold of %p', async (resource, fields, threshold) => {
    const { now, read } = pressures({ cpu: 0, io: 0, [resource]: threshold });
    const events: string[] = [];
    const load = watchLoad(
      { ...PLENTY, ...fields },
      {
        readPressure: read,
        pressure: {
          onThrottle: (of) => events.push(`${of} throttle`),
          onRelease: (of) => events.push(`${of} release`),
        },
      },
    );
    await load.throttle.admit(() => 1);
    now[resource] = threshold + 0.5;
    const held = load.throttle.admit(() => 1).then(() => events.push('started'));
    await new Promise(setImmediate);
    expect(events).toEqual([`${resource} throttle`]);
    now[resource] = threshold;
    load.throttle.workerEnded();
    await held;
    expect(events).toEqual([`${resource} throttle`, `${resource} release`, 'started']);
    const seconds = load.heldSeconds();
    expect(seconds[resource]).toBeGreaterThan(0);
    expect(seconds.any).toBeGreaterThan(0);
    expect({ ...seconds, any: 0, [resource]: 0 }).toEqual({ any: 0, memory: 0, cpu: 0, io: 0 });
  });

  it('is the memory alone by default; nothing else is even read', async () => {
    const { asked, read } = pressures({ cpu: 100, io: 100, memory: 100 });
    await watchLoad(PLENTY, { readPressure: read }).throttle.admit(() => 1);
    expect(asked).toEqual([]);
  });

  it('is told where a plan wants what the system does not say', () => {
    const { read } = pressures({ cpu: 5 });
    const both = { ...PLENTY, throttleOnCpu: true, throttleOnIo: true };
    expect(unwatched(both, read)).toEqual([
      'throttleOnIo holds nothing back: this system does not say its pressure (/proc/pressure/io)',
    ]);
    expect(unwatched(both, () => undefined)).toHaveLength(2);
    expect(unwatched(PLENTY, () => undefined)).toEqual([]);
    expect(describePressure(read)).toBe('cpu 5 %');
    expect(describePressure(() => undefined)).toContain('hold nothing back');
  });
});
