import { execFileSync } from 'node:child_process';
import {
  createLoadSampler,
  type LoadReadings,
  parseStat,
  systemReadings,
} from '../../lib/performance/load-sampler';
import { treeCpuMs } from '../../lib/performance/process-tree';

/** A system of four processors whose readings the test sets. */
function setUp(more: Partial<LoadReadings> = {}) {
  const now = { ms: 1_000, usedMs: 500, ownMs: 100, cpu: 7_000_000, io: 0, memory: 0 };
  const asked = { own: 0 };
  const sampler = createLoadSampler({
    now: () => now.ms,
    cpuTimes: () => ({ usedMs: now.usedMs, totalMs: now.ms * 4 }),
    ownCpuMs: () => {
      asked.own += 1;
      return now.ownMs;
    },
    cores: 4,
    pressure: (resource) => ({ avg10: 0, totalUs: now[resource] }),
    memoryFree: () => 0.5,
    ...more,
  });
  /** For 100 ms, shares of all processors: what is used, and by us. */
  const pass = (used: number, own: number) => {
    now.ms += 100;
    now.usedMs += used * 400;
    now.ownMs += own * 400;
    now.cpu += 100_000;
  };
  return { now, sampler, pass, asked };
}

describe('the load of the system', () => {
  it('is what has come since the last look, as shares of the time', () => {
    const { now, sampler } = setUp();
    Object.assign(now, { ms: 1_200, usedMs: 900, cpu: 7_100_000, io: 20_000, memory: 2_000 });
    expect(sampler.load()).toEqual({
      cpuUsed: 0.5,
      cpuPressure: 0.5,
      ioPressure: 0.1,
      memoryPressure: 0.01,
      memoryFree: 0.5,
    });
    now.ms += 100;
    expect(sampler.load()).toMatchObject({ cpuUsed: 0, cpuPressure: 0 });
  });

  it('is ours alone where others were busy before the first gate: half of the machine is for us at least', () => {
    const { sampler, pass } = setUp();
    pass(1, 0);
    sampler.idle();
    pass(1, 0.1);
    expect(sampler.load()).toMatchObject({ cpuUsed: expect.closeTo(0.2), cpuPressure: undefined });
    pass(1, 0.6);
    expect(sampler.load().cpuUsed).toBeCloseTo(1);
    // They are gone.
    pass(0.6, 0.6);
    expect(sampler.load()).toMatchObject({ cpuUsed: expect.closeTo(0.6), cpuPressure: 1 });
  });

  it('is ours alone also where this run has kept the others from working before the first gate', () => {
    const { sampler, pass } = setUp();
    pass(1, 0.7);
    sampler.idle();
    pass(1, 0.1);
    expect(sampler.load().cpuUsed).toBeCloseTo(0.2);
    // Half of what was left: of the rest nobody knows.
    pass(0.85, 0.7);
    sampler.idle();
    pass(1, 0.1);
    expect(sampler.load().cpuUsed).toBeCloseTo(1);
    pass(0.4, 0.1);
    expect(sampler.load().cpuUsed).toBeCloseTo(0.1 / 0.7);
  });

  it('is all of it where nobody was busy before: a gate may have others work for it', () => {
    const { sampler, pass, asked } = setUp();
    pass(0.3, 0.25);
    sampler.idle();
    const before = asked.own;
    pass(0.9, 0.1);
    expect(sampler.load()).toMatchObject({ cpuUsed: expect.closeTo(0.9), cpuPressure: 1 });
    // Nor is it asked who did it.
    expect(asked.own).toBe(before);
  });

  it('is that of a container where it may use less than the machine has', () => {
    const { sampler, pass } = setUp({ cores: 1 });
    pass(0.5, 0);
    sampler.idle();
    pass(0.75, 0.25);
    expect(sampler.load().cpuUsed).toBe(1);
  });

  it('stays a share, and is unknown where the system does not say it', () => {
    const { now, sampler, pass } = setUp({ pressure: () => undefined, ownCpuMs: () => undefined });
    pass(1, 0);
    sampler.idle();
    now.usedMs += 9_999;
    expect(sampler.load()).toEqual({
      cpuUsed: 1,
      cpuPressure: undefined,
      ioPressure: undefined,
      memoryPressure: undefined,
      memoryFree: 0.5,
    });
  });

  it('of this machine is made of shares', () => {
    const sampler = createLoadSampler(systemReadings());
    sampler.idle();
    for (const share of Object.values(sampler.load()).filter((value) => value !== undefined)) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  });

  it('counts what this process and those that it started have worked, where Linux says it', () => {
    const before = treeCpuMs();
    execFileSync(process.execPath, [
      '-e',
      'const end = process.cpuUsage().user + 1e5; while (process.cpuUsage().user < end);',
    ]);
    const after = treeCpuMs();
    if (before === undefined || after === undefined) expect(process.platform).not.toBe('linux');
    else expect(after - before).toBeGreaterThanOrEqual(90);
  });

  it('reads the first line of /proc/stat: neither idle nor waiting for disks counts as used', () => {
    expect(parseStat('cpu  10 20 30 400 50 1 2 3 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n')).toEqual({
      usedMs: 660,
      totalMs: 5160,
    });
    expect(parseStat('')).toBeUndefined();
  });
});
