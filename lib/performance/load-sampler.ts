import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { pressureReader, type ReadPressure } from './pressure';
import { treeCpuMs } from './process-tree';
import type { LoadSample } from './worker-limit';

/** What a system tells of its load; for tests it can be told otherwise. Times are in milliseconds. */
export interface LoadReadings {
  /** On a clock that never goes back. */
  readonly now: () => number;
  /** What all processors together have worked, and all their time. */
  readonly cpuTimes: () => { readonly usedMs: number; readonly totalMs: number };
  /** Of that, what this process and its children have used; undefined: not known. */
  readonly ownCpuMs: () => number | undefined;
  /** How many processors this process may use. */
  readonly cores: number;
  readonly pressure: ReadPressure;
  /** Share of the memory that can still be had, 0–1. */
  readonly memoryFree: () => number | undefined;
}

export type SystemLoad = Omit<LoadSample, 'busy' | 'heapUsed'>;

export interface LoadSampler {
  /** No gate has run since it was called last: what the processors did, they did for others. */
  idle(): void;
  /** The load since it, or `idle`, was called last. */
  load(): SystemLoad;
}

/** So much of the processors a run may take where others want all of them. */
const FAIR = 0.5;
/** Less than this of others is not worth looking for who they are. */
const FOREIGN = 0.1;

/** Looks at the load of the system between two calls; the first time is from now on. */
export function createLoadSampler(readings: LoadReadings = systemReadings()): LoadSampler {
  /** The share that others use, by themselves, of what this run leaves of the processors: it is not taken for ours. */
  let foreign = 0;
  let last = read(true);

  function read(withOwn: boolean) {
    return {
      at: readings.now(),
      ...readings.cpuTimes(),
      ownMs: withOwn ? readings.ownCpuMs() : undefined,
      cpu: readings.pressure('cpu')?.totalUs,
      io: readings.pressure('io')?.totalUs,
      memory: readings.pressure('memory')?.totalUs,
    };
  }

  function cpuOf(before: typeof last) {
    // Of two calls in one tick no share can be told.
    const totalMs = Math.max(1, last.totalMs - before.totalMs);
    const used = within((last.usedMs - before.usedMs) / totalMs);
    const isKnown = last.ownMs !== undefined && before.ownMs !== undefined;
    const ownMs = isKnown ? Math.max(0, last.ownMs! - before.ownMs!) : undefined;
    const own = within((ownMs ?? 0) / totalMs);
    return { used, ownMs, left: 1 - own, others: ownMs === undefined ? 0 : within(used - own) };
  }

  return {
    idle() {
      const before = last;
      last = read(true);
      const { others, left } = cpuOf(before);
      foreign = left > 0 ? within(others / left) : 0;
    },
    load() {
      const before = last;
      last = read(foreign > FOREIGN);
      const ms = Math.max(1, last.at - before.at);
      const share = (now: number | undefined, then: number | undefined) =>
        now === undefined || then === undefined ? undefined : within((now - then) / 1000 / ms);
      const { used, ownMs, left, others } = cpuOf(before);
      const theirs = Math.min(foreign * left, others);
      // A container may be out of time on a machine that is idle.
      const ofOurs = ownMs === undefined ? 0 : within(ownMs / ms / readings.cores);
      return {
        cpuUsed: Math.max(ofOurs, within((used - theirs) / Math.max(FAIR, 1 - theirs))),
        // Where others wait, that says nothing of ours.
        cpuPressure: theirs > FOREIGN ? undefined : share(last.cpu, before.cpu),
        ioPressure: share(last.io, before.io),
        memoryPressure: share(last.memory, before.memory),
        memoryFree: readings.memoryFree(),
      };
    },
  };
}

const within = (share: number) => Math.min(1, Math.max(0, share));

/** Of this system: what Node.js tells everywhere, and what Linux tells beside it. */
export function systemReadings(): LoadReadings {
  return {
    now: () => performance.now(),
    cpuTimes: () => parseStat(readOrNothing('/proc/stat')) ?? nodeCpuTimes(),
    ownCpuMs: treeCpuMs,
    cores: availableParallelism(),
    pressure: pressureReader(),
    memoryFree() {
      // Elsewhere it leaves out what the system would give back.
      if (process.platform !== 'linux') return undefined;
      const limit = process.constrainedMemory();
      const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
      return within(process.availableMemory() / total);
    },
  };
}

/** The first line of /proc/stat; time that a host has taken from this machine counts as used. */
export function parseStat(text: string): { usedMs: number; totalMs: number } | undefined {
  const line = /^cpu +([\d ]+)$/m.exec(text)?.[1];
  if (line === undefined) return undefined;
  // What guests got is in what users got already.
  const times = line.split(' ').map(Number).slice(0, 8);
  const totalMs = times.reduce((sum, ticks) => sum + ticks, 0) * 10;
  const [, , , idle = 0, ioWait = 0] = times;
  return { usedMs: totalMs - (idle + ioWait) * 10, totalMs };
}

function nodeCpuTimes() {
  const times = cpus().map((cpu) => cpu.times);
  const usedMs = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
  return { usedMs, totalMs: times.reduce((sum, { idle }) => sum + idle, usedMs) };
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
