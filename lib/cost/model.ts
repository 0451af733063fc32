import { SEGMENT } from '../engine/aws/blobs';
import { amount, type Coefficients, type Drivers } from './coefficients';
import type { Counters, FunctionUse } from './counters';
import type { StackShape } from './stack-shape';
import type { Usage } from './usage';

/**
 * What a run has used, by what it has done: what follows from the state machines and from the times in the store is
 * computed, the requests to tables, bucket and metrics go by what was measured.
 */
export function countersOf(usage: Usage, stack: StackShape, measured: Coefficients): Counters {
  const calls = callsOf(usage);
  const drivers = driversOf(usage);
  const transitions = transitionsOf(usage, calls);
  const months = stack.retentionDays / DAYS_A_MONTH;
  return {
    transitions,
    functions: Object.fromEntries(
      Object.entries(calls).map(([name, count]) => [name, useOf(name, count, usage, stack, measured)]),
    ),
    // CodeBuild's machines cost about what their processors do.
    buildMinutes: (usage.buildMinutes * stack.buildProcessors) / SMALL_PROCESSORS,
    ...tableUnits(usage, drivers, measured),
    tableGbMonths: (amount(measured.tables.bytes, drivers) / GB) * months,
    puts: amount(measured.files.puts, drivers),
    gets: amount(measured.files.gets, drivers),
    fileGbMonths: (amount(measured.files.bytes, drivers) / GB) * months,
    metricCalls: amount(measured.metricCalls, drivers),
    metricHours: usage.series * Math.ceil(usage.seconds / 3600),
    logGb: (transitions * LOG_BYTES.transition + sum(Object.values(calls)) * LOG_BYTES.call) / GB,
    // One of each execution at most: lanes and what they call belong to the trace of who has started them.
    traces: usage.executions * (1 + usage.lanes),
    // The command line calls `control` itself.
    apiRequests: 0,
  };
}

const GB = 2 ** 30;
const DAYS_A_MONTH = 30;
/** Of CodeBuild's small machine (user guide, "Build environment compute types"). */
const SMALL_PROCESSORS = 2;
/** Without charge (AWS Lambda pricing, "Ephemeral Storage"). */
export const FREE_STORAGE_MB = 512;
/** A lane that waits asks again after this many seconds (`lib/infra/asl.ts`). */
const PARKED_SECONDS = 900;
/** How often who follows a run looks at it, on an average. */
const LOOK_SECONDS = 10;
/** A turn is 3 transitions and 13 events; an event without execution data is logged in about 400 bytes. */
const LOG_BYTES = { transition: (13 / 3) * 400, /* START, END, REPORT and a line. */ call: 500 };

type Calls = Readonly<Record<string, number>>;

/** By function. */
function callsOf({
  turns,
  packs,
  lost,
  lanes,
  executions,
  ...usage
}: Usage): Calls & { readonly next: number } {
  const { gate, build, check, merge, sleep } = turns;
  // Each answer to a lane is one call, and one more is answered with `done`. Where nothing had to run, the call that
  // asked for it takes the next turn as well.
  const answers = gate + packs + build + check + merge + sleep + lost.gate + lost.merge;
  return {
    // A place for the plan, handing it in, looking at it, fetching what it came to.
    control: 3 + Math.ceil(usage.seconds / LOOK_SECONDS),
    queue: executions,
    prepare: executions,
    next: lanes * executions + answers + parkings({ lanes, ...usage }),
    gate: gate + packs + 2 * lost.gate,
    merge: merge + 2 * lost.merge,
    report: executions,
    ...(check > 0 && { check }),
  };
}

/** Calls that were made again because there was no answer for so long: at most. */
function parkings({ lanes, seconds, gateSeconds, buildMinutes }: Omit<Usage, UsageOfCalls>): number {
  return Math.floor(Math.max(0, lanes * seconds - gateSeconds - buildMinutes * 60) / PARKED_SECONDS);
}
type UsageOfCalls = 'turns' | 'packs' | 'lost' | 'executions' | 'items' | 'commits' | 'series';

/** States that are entered (`lib/infra/run-machine.ts`, `lane-machine.ts`); a rotation, six in 1,500 turns, is left out. */
function transitionsOf(
  { turns, packs, lost, lanes, executions }: Usage,
  { next }: { readonly next: number },
) {
  const { gate, build, check, merge, sleep } = turns;
  // Queue, Prepare, Prepared?, Lanes, Report; by lane Begin, Lane, Rotated?, LaneDone and in it Begin, Done.
  const around = executions * (5 + lanes * 6);
  // Next, Work; then what there is to do. What is lost is done twice and leads to Abandon.
  return around + next * 2 + gate + packs + build + check + merge + sleep + 3 * (lost.gate + lost.merge);
}

/** What there is of in a run. */
export function driversOf(usage: Usage): Drivers {
  const { items, lanes, executions, commits, turns, packs, gates } = usage;
  // Sources of a build are stored and read about as often as a job and its bundles.
  const gate = gates + turns.build + packs;
  return {
    run: executions,
    item: items,
    lane: lanes * executions,
    segment: Math.ceil(items / SEGMENT),
    turn: callsOf(usage).next + turns.settled,
    commit: commits,
    task: gates + turns.build + turns.check + turns.settled,
    gate,
    merge: turns.merge,
  };
}

/** Memory × time and /tmp × time of a function. */
function useOf(
  name: string,
  calls: number,
  { gateSeconds }: Usage,
  { functions }: StackShape,
  { seconds }: Coefficients,
): FunctionUse {
  const { memoryMB = 0, storageMB = 0 } = functions[name] ?? {};
  const time = calls * (seconds[name] ?? 0) + (name === 'gate' ? gateSeconds : 0);
  const storage = Math.max(0, storageMB - FREE_STORAGE_MB);
  return { calls, gbSeconds: (memoryMB / 1024) * time, storageGbSeconds: (storage / 1024) * time };
}

/**
 * DynamoDB (developer guide, "Read and write operations"): a consistent read takes a unit for each 4 KB, a write one
 * for each KB, in a transaction two. A query is rounded up as a whole, a write by row.
 */
function tableUnits({ lanes }: Usage, drivers: Drivers, { tables }: Coefficients) {
  const state = amount(tables.stateBytes, { ...drivers, run: 1 });
  const turn = Math.ceil((lanes * tables.laneBytes + state) / 4096);
  const commit = 2 * (Math.ceil(state / 1024) + Math.ceil(tables.eventBytes / 1024));
  return {
    readUnits: amount(tables.turnReads, drivers) * turn + amount(tables.reads, drivers),
    writeUnits: drivers.commit * commit + amount(tables.writes, drivers),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
