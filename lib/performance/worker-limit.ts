/**
 * How many gates may run at once where the plan leaves it to the load of the machine: additive increase, multiplicative
 * decrease (Chiu and Jain 1989), with a slow start as of TCP (Jacobson 1988). A pure function of what was and what is.
 */

/** What was seen since the sample before. Shares are 0–1; undefined: this system does not say it. */
export interface LoadSample {
  /** The most gates that were in hand at once. */
  readonly busy: number;
  /** Of what the processors can do for the run, what was used. */
  readonly cpuUsed: number;
  /** Of the time, that in which some task waited for a processor, for a disk, for memory. */
  readonly cpuPressure: number | undefined;
  readonly ioPressure: number | undefined;
  readonly memoryPressure: number | undefined;
  /** Of the memory, what can still be had. */
  readonly memoryFree: number | undefined;
  /** Heap of this process, as a share of the threshold from which on it holds gates back; may be above 1. */
  readonly heapUsed: number;
}

export interface Bounds {
  readonly cores: number;
  /** At least 1; the cores may be more. */
  readonly max: number;
}

export interface WorkerLimit {
  readonly limit: number;
  /** Samples in a row that asked for fewer. */
  readonly strained: number;
  /** Half the way to where there was too much; for so many samples it does not grow beyond. */
  readonly ceiling: number;
  readonly hold: number;
  /** How long the next ceiling holds, and for how many samples there has been none. */
  readonly backoff: number;
  readonly calm: number;
  /** Why it was changed by the last sample; undefined: it was not. */
  readonly why: string | undefined;
}

/** Up to the first of each there is room for more, from the second on there are too many. */
const CPU_USED = [0.95, 0.98] as const;
const CPU_PRESSURE = [0.97, 0.97] as const;
const IO_PRESSURE = [0.5, 0.9] as const;
const MEMORY_PRESSURE = [0.05, 0.2] as const;
const HEAP_USED = [0.9, 1] as const;
/** More than the cores need this much. */
const MEMORY_FREE = 0.1;
/** With less than this, twice as many gates of the same kind still have room. */
const SLOW_START = CPU_USED[0] / 2;
/** So many samples have to agree: one too many at the processors costs little, and gates come in waves. */
const IN_A_ROW = { load: 10, memory: 2 } as const;
/** In samples. */
const BACKOFF = { first: 25, last: 1_600 } as const;
const DECREASE = { load: 0.75, memory: 0.5 } as const;
/** Gates that wait for something else need many lanes, and a bound is needed for those that wait for each other. */
const PER_CORE = 8;

/** @param cores at least 1 */
export const boundsFor = (cores: number): Bounds => ({ cores, max: cores * PER_CORE });

/** Where a run begins: with the cores. */
export const firstLimit = ({ cores, max }: Bounds): WorkerLimit => ({
  limit: Math.max(1, Math.min(cores, max)),
  strained: 0,
  ceiling: max,
  hold: 0,
  backoff: BACKOFF.first,
  calm: 0,
  why: undefined,
});

/**
 * The limit after a sample: from 1 to `bounds.max`. Processor and disks never take it below the cores, which is what a
 * run has that says nothing of workers; memory does.
 */
export function nextLimit(bounds: Bounds, before: WorkerLimit, sample: LoadSample): WorkerLimit {
  const floor = Math.min(bounds.cores, bounds.max);
  const strain = strainOf(sample, before.limit > floor);
  const room = strain === undefined ? roomFor(bounds, before, sample) : undefined;
  const now: WorkerLimit = {
    ...before,
    strained: strain === undefined ? 0 : before.strained + 1,
    hold: Math.max(0, before.hold - 1),
    calm: before.calm + 1,
    why: undefined,
  };
  // What was taken back before takes effect as gates end.
  const isWorkedOff = sample.busy <= before.limit;
  if (strain !== undefined && now.strained >= IN_A_ROW[strain.of] && isWorkedOff)
    return decrease(floor, now, sample, strain);
  return room === undefined ? now : increase(now, room);
}

interface Strain {
  readonly of: keyof typeof DECREASE;
  readonly why: string;
}

/** What there is too much of. */
function strainOf(sample: LoadSample, aboveCores: boolean): Strain | undefined {
  const { cpuUsed, cpuPressure, ioPressure, memoryPressure, heapUsed } = sample;
  if (heapUsed > HEAP_USED[1])
    return { of: 'memory', why: `the heap is ${percent(heapUsed)} of its threshold` };
  if (is(memoryPressure, MEMORY_PRESSURE[1]))
    return { of: 'memory', why: `tasks waited for memory ${percent(memoryPressure)} of the time` };
  if (!aboveCores) return undefined;
  if (cpuUsed >= CPU_USED[1] && (cpuPressure === undefined || cpuPressure >= CPU_PRESSURE[1]))
    return { of: 'load', why: `the processors are used ${percent(cpuUsed)}` };
  if (is(ioPressure, IO_PRESSURE[1]))
    return { of: 'load', why: `tasks waited for disks ${percent(ioPressure)} of the time` };
  return undefined;
}

interface Room {
  readonly limit: number;
  readonly why: string;
}

/** Whether more gates could run: those that may are all in use, and nothing is short. */
function roomFor({ cores, max }: Bounds, before: WorkerLimit, sample: LoadSample): Room | undefined {
  const { limit, hold, ceiling } = before;
  if (sample.busy < limit || limit >= max) return undefined;
  if (is(sample.memoryPressure, MEMORY_PRESSURE[0]) || sample.heapUsed >= HEAP_USED[0]) return undefined;
  const why = `the processors are used ${percent(sample.cpuUsed)}`;
  const capped = hold > 0 ? Math.min(max, ceiling) : max;
  // Below the cores only memory can have taken it.
  if (limit < cores) return limit < capped ? { limit: limit + 1, why: 'memory is enough' } : undefined;
  const { cpuUsed, cpuPressure, ioPressure, memoryFree } = sample;
  const isFull = is(cpuPressure, CPU_PRESSURE[0]) || is(ioPressure, IO_PRESSURE[0]);
  if (isFull || (memoryFree !== undefined && memoryFree < MEMORY_FREE)) return undefined;
  // Also past a ceiling: gates of this kind cannot have been what was too much.
  if (cpuUsed < SLOW_START) return { limit: Math.min(max, limit * 2), why };
  const step = Math.ceil(cores / 4);
  if (cpuUsed >= CPU_USED[0] || limit >= capped) return undefined;
  return { limit: Math.min(capped, limit + step), why };
}

function increase(now: WorkerLimit, { limit, why }: Room): WorkerLimit {
  const isLongAgo = now.calm > now.backoff * 4;
  return { ...now, limit, why, backoff: isLongAgo ? BACKOFF.first : now.backoff };
}

function decrease(floor: number, now: WorkerLimit, { busy }: LoadSample, { of, why }: Strain): WorkerLimit {
  const used = Math.max(1, Math.min(now.limit, busy));
  const limit = Math.max(of === 'memory' ? 1 : floor, Math.floor(used * DECREASE[of]));
  if (limit >= now.limit) return now;
  return {
    ...now,
    limit,
    why,
    strained: 0,
    // Between what was too much and what is left: binary increase, as of BIC TCP (Xu, Harfoush and Rhee 2004).
    ceiling: Math.max(limit, Math.floor((limit + used) / 2)),
    hold: now.backoff,
    backoff: Math.min(BACKOFF.last, now.backoff * 2),
    calm: 0,
  };
}

const is = (share: number | undefined, from: number): share is number => share !== undefined && share >= from;
const percent = (share: number) => `${Math.round(share * 100)} %`;
