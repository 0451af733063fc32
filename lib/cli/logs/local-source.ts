import { join } from 'node:path';
import { logPath } from '../../engine/gate-files';
import { type AttemptName, attemptName, endedAttempt } from '../../logs/attempt';
import { type SkippedGate, skippedGates } from '../../logs/skipped';
import type { OrderedPlan } from '../../plan/order';
import { decodeState } from '../../run/codec';
import type { RunEvent } from '../../run/messages';
import type { RunRecord } from '../../run/record';
import type { RunReader } from '../../run/store';
import type { Workload } from '../../run/workload';
import { createLatch } from './latch';
import type { Printer } from './printer';
import { openTail, type Tail } from './tail';
import { watchFileIn } from './watch-file';

export interface LocalLogs {
  readonly runs: RunReader;
  /** What changes with every commit to `runs`. */
  readonly commits: string;
  readonly record: RunRecord;
  readonly load: Workload;
  readonly ordered: OrderedPlan;
  readonly isWanted: (task: number) => boolean;
  /** Whether a process carries the run. */
  readonly isCarried: () => boolean;
  readonly printer: Printer;
  readonly signal: AbortSignal;
}

/** Nobody is told of the death of a process, nor where files cannot be watched: so long at most between two looks. */
const LOOK_MS = 1_000;

interface Running {
  readonly name: AttemptName;
  readonly file: string;
  readonly tail: Tail;
  readonly close: () => void;
}

/**
 * Prints what the attempts of a run have printed so far, in the order in which they ended, and then what those have
 * printed that still run; to follow it, on and on, until the run has ended or nobody carries it any more. What has
 * happened is read from the store; that files change only says when to look.
 */
export async function printLocal(logs: LocalLogs, follow: boolean): Promise<void> {
  const { runs, record, printer, signal } = logs;
  const running = new Map<number, Running>();
  const latch = createLatch();
  const unwatch = follow ? watchFileIn(logs.commits, logs.commits, latch.notify) : () => {};
  const take = createTaker(logs, running, latch.notify, follow);
  let after = 0;
  try {
    for (;;) {
      // In this order: what has ended by then is told by the events.
      const goesOn = logs.isCarried() && (await runs.find(record.id))?.endedAt === undefined;
      for await (const { version, events } of runs.eventsAfter(record.id, after)) {
        after = version;
        for (const event of events) if (!signal.aborted) await take(event);
      }
      for (const { tail, name } of running.values())
        if (!signal.aborted) await tail.read((bytes) => printer.output(name, bytes));
      if (!follow || !goesOn || signal.aborted) {
        for (const { name } of running.values()) await printer.leave(name, goesOn ? 'running' : 'stopped');
        if (!signal.aborted) await printer.skipped(await findSkipped(logs));
        return;
      }
      await latch.wait(LOOK_MS, signal);
    }
  } finally {
    unwatch();
    for (const { close } of running.values()) close();
  }
}

async function findSkipped(logs: LocalLogs): Promise<SkippedGate[]> {
  const { state } = await logs.runs.read(logs.record.id);
  return skippedGates(
    { ...logs, state: decodeState(logs.load, state) },
    await logs.runs.events(logs.record.id),
  );
}

/** Takes one event after another: what starts is put with what runs, what ends is printed to its end. */
function createTaker(
  { record, load, ordered, isWanted, printer }: LocalLogs,
  running: Map<number, Running>,
  notify: () => void,
  follow: boolean,
): (event: RunEvent) => Promise<void> {
  const names = ordered.items.map(({ name }) => name);
  const run = { load, names };
  const folder = record.artifactFolder;
  let round = 1;
  return async (event) => {
    if (event.event === 'phase') round = event.round;
    if (event.event === 'start' && isWanted(event.task)) {
      const { task, attempt, at } = event;
      running.get(task)?.close();
      const file = join(folder, logPath(names, load.tasks[task]!, round, attempt));
      running.set(task, {
        name: attemptName(run, task, attempt, round),
        file,
        tail: openTail(file, at),
        close: follow ? watchFileIn(folder, file, notify) : () => {},
      });
    }
    if (event.event !== 'result' || event.kind !== 'gate' || !isWanted(event.task)) return;
    const begun = running.get(event.task);
    begun?.close();
    running.delete(event.task);
    const ended = endedAttempt(run, event);
    if (ended === undefined) return;
    const path = ended.log === null ? undefined : join(folder, ended.log);
    // What was shared with another item lies where that has it.
    const isOwn = begun !== undefined && path === begun.file;
    const tail = isOwn ? begun.tail : path === undefined ? undefined : openTail(path);
    const isThere = (await tail?.read((bytes) => printer.output(ended, bytes))) ?? true;
    await printer.end(ended, isThere);
  };
}
