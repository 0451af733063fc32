import { mergeCommand } from '../../../lib/engine/merge-command';
import type { AskedOverride } from '../../../lib/engine/overridable';
import { overrideGate } from '../../../lib/engine/override-run';
import type { OrderedPlan } from '../../../lib/plan/order';
import type { RunRecord } from '../../../lib/run/record';
import type { RunState } from '../../../lib/run/state';
import type { RunStore } from '../../../lib/run/store';
import type { TurnStore } from '../../../lib/run/turn-store';
import type { Workload } from '../../../lib/run/workload';
import { openCloud } from './aws-engine';
import { type Attempt, createLaneGates } from './gates';
import { carryOn } from './local-engine';
import type { Actor, Schedule } from './schedule';
import type { World } from './world';

export interface Setting {
  readonly schedule: Schedule;
  readonly world: World;
  readonly store: TurnStore;
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly load: Workload;
  readonly attempt: Attempt;
  readonly choose: (n: number) => number;
}

/** Whoever carries a run. */
export interface Engine {
  readonly ended: Promise<RunState>;
  /** Something of it dies; it goes on where it stopped. */
  harm(): Promise<void>;
  /** Somebody answers for a gate. @throws InputError where it is too late for that */
  override(asked: AskedOverride, me: Actor): Promise<void>;
  /** Tells it that somebody else has changed the run. */
  wake(me: Actor): Promise<void>;
}

export const ENGINES = {
  /** One process at a time; when it dies the next one goes on. */
  async local({ schedule, world, store, record, ordered, load, attempt }: Setting): Promise<Engine> {
    const names = ordered.items.map(({ name }) => name);
    const gates = createLaneGates(world.repository, attempt, names);
    let end: (state: RunState) => void;
    let fail: (error: unknown) => void;
    const ended = new Promise<RunState>((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
    let lives = 0;
    let me: Actor;
    let refresh = () => {};
    const live = () => {
      lives += 1;
      const mine: Actor = { name: `run ${lives}`, alive: true };
      me = mine;
      const carrying = carryOn({
        workspace: world.open(mine),
        store: withPauses(store, schedule, mine),
        record,
        ordered,
        load,
        async gate(state, task, candidates) {
          await schedule.pause(mine, 'gate');
          const result = await gates(load, state, candidates, task);
          await schedule.pause(mine, 'gate ended');
          return result;
        },
      });
      refresh = carrying.refresh;
      carrying.ended.then(end, fail);
    };
    live();
    return {
      ended,
      async harm() {
        schedule.kill(me);
        live();
      },
      async override(asked) {
        await overrideGate({ store, record, ordered, load, asked, anew: mergeCommand, now: Date.now });
        refresh();
      },
      wake: async () => refresh(),
    };
  },

  aws: openCloud,
} as const satisfies Record<string, (setting: Setting) => Promise<Engine>>;

const withPauses = (store: RunStore, schedule: Schedule, me: Actor): RunStore => ({
  ...store,
  async read(id) {
    await schedule.pause(me, 'read');
    return store.read(id);
  },
  async commit(...change) {
    await schedule.pause(me, 'commit');
    await store.commit(...change);
    await schedule.pause(me, 'committed');
  },
});
