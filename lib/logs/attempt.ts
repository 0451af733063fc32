import type { RunEvent } from '../run/messages';
import type { Workload } from '../run/workload';

/** What the woven commit is called among items. An item of that name is meant as well. */
export const WOVEN = 'integration';

/** Whose output it is. */
export interface AttemptName {
  /** Null for the woven commit. */
  readonly item: string | null;
  readonly gate: string;
  /** From 1. */
  readonly attempt: number;
  /** Counts the weaves of the run, each of which has its own verification. */
  readonly round: number;
}

/** An attempt of a gate that has ended. */
export interface EndedAttempt extends AttemptName {
  readonly status: 'pass' | 'fail' | 'timeout';
  /** Nothing ran: the gate had passed on the same content before. */
  readonly cached: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly lane: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly note: string | null;
  /** Path of its output, relative to the artifact folder; null where there is none. */
  readonly log: string | null;
}

/** What makes names of numbers. */
export interface Named {
  readonly load: Pick<Workload, 'tasks'>;
  /** Of the items, by merge order. */
  readonly names: readonly string[];
}

/** Which attempt of which gate a task's is. */
export function attemptName({ load, names }: Named, index: number, attempt: number, round: number) {
  const { item, gate } = load.tasks[index]!;
  return { item: item < 0 ? null : names[item]!, gate: gate.name, attempt, round };
}

/** The attempt whose end an event tells; undefined for other events, and where there was nothing to run. */
export function endedAttempt(run: Named, event: RunEvent): EndedAttempt | undefined {
  if (event.event !== 'result' || event.kind !== 'gate') return undefined;
  const { task, attempt, round, outcome: status } = event;
  if (status !== 'pass' && status !== 'fail' && status !== 'timeout') return undefined;
  return {
    ...attemptName(run, task, attempt, round),
    status,
    cached: event.cached ?? false,
    startedAt: event.startedAt,
    endedAt: event.endedAt,
    lane: event.lane,
    exitCode: event.exitCode ?? null,
    signal: event.signal ?? null,
    note: event.note ?? null,
    log: event.log ?? null,
  };
}
