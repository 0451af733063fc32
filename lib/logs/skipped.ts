import { blame, readHistory, wasTested } from '../report/outcome';
import { reasonOf, type Told } from '../report/reason';
import type { RunEvent } from '../run/messages';
import { ItemStatus, isOut, TaskStatus } from '../run/state';

/** A gate of which nothing was run in all of a run, and why not. */
export interface SkippedGate {
  /** Null for the woven commit. */
  readonly item: string | null;
  readonly gate: string;
  readonly why: string;
}

export interface SkippedOf extends Omit<Told, 'history' | 'through'> {
  readonly isWanted: (task: number) => boolean;
}

/**
 * The gates of a run, of those that are asked for, that did not run and will not.
 * @param events all of the run so far
 */
export function skippedGates(run: SkippedOf, events: readonly RunEvent[]): SkippedGate[] {
  const { load, state, ordered } = run;
  const begun = begunTasks(events);
  const skipped = load.tasks
    .slice(0, load.firstProbe)
    .map((_, task) => task)
    .filter((task) => run.isWanted(task) && !begun.has(task) && isOver(run, task));
  if (skipped.length === 0) return [];
  const history = readHistory(load, events);
  const told = { ...run, history, through: blame(load, state, history) };
  return skipped.map((task) => {
    const { item, gate } = load.tasks[task]!;
    const name = item < 0 ? null : ordered.items[item]!.name;
    return { item: name, gate: gate.name, why: whyNot(told, item) };
  });
}

/** The tasks that were run, even if not to their end, or whose result was known. */
function begunTasks(events: readonly RunEvent[]): ReadonlySet<number> {
  const begun = new Set<number>();
  for (const event of events) {
    if (event.event === 'start') begun.add(event.task);
    if (event.event === 'give-back') begun.delete(event.task);
    if (event.event !== 'result' || event.kind !== 'gate') continue;
    // Handed out, and found to have nothing that could be tested.
    if (wasTested(event)) begun.add(event.task);
    else begun.delete(event.task);
  }
  return begun;
}

/** Whether nothing will be run of a gate any more; gates of the woven commit are tasks of their own to the end. */
function isOver({ load, state }: SkippedOf, task: number): boolean {
  if (load.tasks[task]!.item < 0) return state.phase === 'done' && !load.gatesOnly;
  return state.tasks[task] === TaskStatus.skipped;
}

function whyNot(told: Told, item: number): string {
  if (item < 0) return 'the run ended before anything was to be verified';
  const status = told.state.items[item]!;
  if (isOut(status)) return reasonOf(told, item) ?? 'not needed any more';
  const isEmpty = status === ItemStatus.present || status === ItemStatus.woven;
  return (isEmpty ? reasonOf(told, item) : null) ?? 'there was nothing to test';
}
