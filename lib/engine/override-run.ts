import { type InputError, refuse } from '../errors';
import type { OrderedPlan } from '../plan/order';
import { changeRun } from '../run/change-run';
import { itemEnds } from '../run/item-end';
import type { RunEvent } from '../run/messages';
import { type NoOverride, refusalOf } from '../run/override';
import type { RunRecord } from '../run/record';
import type { Override, RunState } from '../run/state';
import { overrideRun, type Step } from '../run/step';
import type { RunStore } from '../run/store';
import type { Workload } from '../run/workload';
import { type AskedAtStart, type AskedOverride, overridable } from './overridable';

export interface Overriding {
  readonly store: Pick<RunStore, 'read' | 'commit'>;
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly load: Workload;
  readonly asked: AskedOverride;
  /** How the same is asked for a run that is begun anew, as somebody types it. */
  readonly anew: (asked: AskedAtStart, record: RunRecord) => string;
  /** What else is to happen in the same commit; nothing by default. */
  readonly goOn?: (state: RunState, now: number) => Step;
  readonly now: () => number;
}

/** The task that is overridden, the state with that, and the events of the commit that made it so: none where it was there before. */
export interface Overridden {
  readonly task: number;
  readonly state: RunState;
  readonly events: readonly RunEvent[];
}

/**
 * Counts a gate of an item as passed, from outside of the run, with any store and engine. Safe to repeat: the same
 * override once more changes nothing.
 * @throws InputError where the policy does not allow it, or nothing would come of it: nothing is changed then
 */
export async function overrideGate(overriding: Overriding): Promise<Overridden> {
  const { store, record, ordered, load, asked, goOn, now } = overriding;
  const { item, gate } = overridable(record.plan, ordered, asked);
  const task = load.firstTask[item]! + gate;
  const changed = await changeRun(store, record.id, load, (before) => {
    const against = refusalOf(before, item, task);
    if (against?.kind === 'overridden' && isSame(against.by, asked)) return undefined;
    if (against !== undefined) throw refusal(against, overriding, before, record.heads[item]!.sha);
    const { user, reason, by } = asked;
    const override = { task, user, reason, by, at: now() };
    const overridden = overrideRun(load, before, override, record.outdated);
    const more = goOn?.(overridden.state, override.at);
    return {
      state: more?.state ?? overridden.state,
      events: [...overridden.events, ...(more?.events ?? [])],
    };
  });
  return { task, ...changed };
}

const isSame = (known: Override, asked: AskedOverride) =>
  known.user === asked.user && known.reason === asked.reason;

function refusal(
  against: NoOverride,
  { asked, record, anew }: Overriding,
  state: RunState,
  head: string,
): InputError {
  const { item, gate } = asked;
  switch (against.kind) {
    case 'passed':
      return refuse('override-needless', `${gate} of ${item} has passed`, 'there is nothing to override');
    case 'overridden': {
      const { user, reason } = against.by;
      const message = `${gate} of ${item} is overridden already, by ${user}: ${reason}`;
      return refuse('override-needless', message, 'there is nothing more to override');
    }
    case 'other-failure': {
      const [end] = itemEnds({ event: 'item', item: 0, status: against.status, at: 0 }, state);
      const message = `no override helps ${item}, which is ${end?.status ?? 'out'} for another reason: ${end?.reason}`;
      return refuse('override-useless', message, 'put that right, then run again');
    }
    case 'too-late': {
      const again = anew({ ...asked, head }, record);
      const isOver = state.phase === 'done' || state.stopping !== undefined;
      return isOver
        ? refuse('run-ended', `run ${record.id} has come to its end`, `override it in the next run: ${again}`)
        : refuse(
            'override-too-late',
            `run ${record.id} is past its gates: it verifies or lands what has passed`,
            `wait for its end, then override it in the next run: ${again}`,
          );
    }
  }
}
