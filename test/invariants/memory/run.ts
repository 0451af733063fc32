import { cancelRun } from '../../../lib/engine/cancel-run';
import { recordedOverrides } from '../../../lib/engine/overridable';
import { prepareRun } from '../../../lib/engine/prepare';
import { loadPlan } from '../../../lib/plan/load';
import { orderPlan } from '../../../lib/plan/order';
import { buildReport } from '../../../lib/report/build';
import type { Report } from '../../../lib/report/report';
import { encodeState } from '../../../lib/run/codec';
import { openMemoryStore } from '../../../lib/run/memory-store';
import { encodeRecord, type RunRecord } from '../../../lib/run/record';
import { newState, type RunState } from '../../../lib/run/state';
import { start } from '../../../lib/run/step';
import type { RunStore } from '../../../lib/run/store';
import { createWorkload } from '../../../lib/run/workload';
import type { Evidence } from '../evidence';
import { askedOf, documentOf, nameOf, REASON, type Story, USER } from '../story';
import { createGates } from './gates';
import { type Carrying, carryOn } from './local-engine';
import { type Actor, Schedule } from './schedule';
import { branchOf, createWorld, TARGET } from './world';

/** How often whoever carries a run is killed. */
const KILLS = 3;

/**
 * Runs a story in memory: the plan is loaded, woven, verified, landed and reported by the code of lex-pr, on a
 * repository in memory and with a clock that moves when nothing else does.
 * @param choose decides the order of all that can be seen from outside, and where processes die
 */
export async function runStory(
  story: Story,
  choose: (n: number) => number,
): Promise<Evidence & { readonly log: readonly string[] }> {
  const schedule = new Schedule(choose);
  const world = createWorld(story, schedule);
  const asked = askedOf(story, world.base, world.heads);
  const plan = loadPlan(
    JSON.stringify({
      schemaVersion: 'v1',
      target: 'main',
      repository: 'memory://it',
      ...documentOf(story, '/nowhere'),
    }),
    {
      file: 'plan.json',
      cwd: '/',
      defaultRepository: '/',
    },
  );
  const ordered = orderPlan(plan);
  const actor = (name: string): Actor => ({ name, alive: true });
  const kept = openMemoryStore();
  let record: RunRecord | undefined;
  let ended: RunState | undefined;
  let fault: unknown;
  let carrying: Carrying | undefined;
  let process = actor('run');
  let cancelledAt: number | undefined;
  let kills = choose(2) === 0 ? 0 : choose(KILLS + 1);
  const interruptions = kills;
  const failed = (error: unknown) => {
    fault ??= error;
  };

  const prepare = async () => {
    record = await prepareRun(world.open(process), plan, ordered, {
      id: 'R1',
      execute: true,
      engine: 'local',
      gatesOnly: false,
      lanes: plan.policy.maxWorkers,
      artifactFolder: '/nowhere',
      startedAt: Date.now(),
      committer: { name: 'Tester', email: 'tester@example.com' },
      overrides: story.items.flatMap(({ isOverridden }, item) =>
        isOverridden
          ? [
              {
                item: nameOf(item),
                gate: 'check',
                user: USER,
                reason: REASON,
                by: null,
                head: world.heads[item]!,
              },
            ]
          : [],
      ),
    });
    const load = createWorkload(ordered, plan.policy, record);
    const first = start(
      load,
      newState(load, record.lanes, record.base),
      record.outdated,
      record.startedAt,
      recordedOverrides(load, record),
    );
    await kept.create(
      record.id,
      encodeRecord(record),
      encodeState(first.state),
      first.events,
      record.startedAt,
    );
    return load;
  };
  const preparing = prepare();
  preparing.catch(failed);
  await schedule.until(() => record !== undefined || fault !== undefined);
  if (fault !== undefined) throw fault;
  const load = await preparing;
  const gates = createGates(
    world.repository,
    asked,
    ordered.items.map(({ name }) => name),
  );

  const live = () => {
    process = actor(`run ${kills}`);
    const me = process;
    const storeOf: RunStore = {
      ...kept,
      async read(id) {
        await schedule.pause(me, 'read');
        return kept.read(id);
      },
      async commit(...change) {
        await schedule.pause(me, 'commit');
        await kept.commit(...change);
        await schedule.pause(me, 'committed');
      },
    };
    carrying = carryOn({
      workspace: world.open(me),
      store: storeOf,
      record: record!,
      ordered,
      load,
      async gate(state, task, candidates) {
        await schedule.pause(me, 'gate');
        const result = await gates(load, state, candidates, task);
        await schedule.pause(me, 'gate ended');
        return result;
      },
    });
    carrying.ended.then((state) => {
      ended = state;
    }, failed);
  };

  /** Somebody else, who does that at some time. */
  const busy = new Set<Actor>();
  const meanwhile = (name: string, act: (me: Actor) => Promise<void>) => {
    const me = actor(name);
    busy.add(me);
    const wait = async () => {
      // At a time that is as likely early as late.
      for (let left = choose(60); left > 0; left -= 1) await schedule.pause(me, 'waits');
      await act(me);
    };
    wait()
      .catch(failed)
      .finally(() => busy.delete(me));
  };

  live();
  for (let left = kills; left > 0; left -= 1)
    meanwhile('fate', async () => {
      if (ended !== undefined) return;
      kills -= 1;
      schedule.kill(process);
      live();
    });
  for (const what of story.intruders)
    meanwhile('somebody', async () => {
      const now = world.repository.refs.get(TARGET)!;
      if (what === 'commit')
        return world.move(
          TARGET,
          world.repository.change([now], { [`somebody/${world.target.length}`]: 'x\n' }, 'other'),
        );
      const merged = world.repository.merge(now, world.heads[what]!);
      if (merged.kind !== 'clean') return;
      const { author, committer } = world.repository.read(now);
      const parents = choose(2) === 0 ? [now, world.heads[what]!] : [now];
      world.move(
        TARGET,
        world.repository.commit({ tree: merged.tree, parents, author, committer, message: 'by hand' }),
      );
    });
  for (const { item, to } of story.moves)
    meanwhile('author', async () => {
      const next = world.repository.change(
        [world.heads[item]!],
        { [`more/${nameOf(item)}`]: 'more\n' },
        'more',
      );
      world.move(branchOf(item), to === 'nothing' ? undefined : next);
    });
  if (story.isCancelled)
    meanwhile('lead', async (me) => {
      const answer = await cancelRun({
        store: kept,
        record: record!,
        load,
        why: 'Tester cancelled it: enough',
        git: async () => world.open(me),
        onStopped: async () => carrying?.refresh(),
        now: Date.now,
      });
      if (answer === 'cancelled') cancelledAt = world.target.length;
    });

  await schedule.until(() => (ended !== undefined && busy.size === 0) || fault !== undefined);
  if (fault !== undefined) throw fault;
  const state = ended!;
  const report = buildReport({
    record: record!,
    ordered,
    load,
    state,
    events: await kept.events(record!.id),
    wovenTree:
      state.weave.tip.linear === state.weave.base
        ? undefined
        : world.repository.read(state.weave.tip.linear).tree,
    wovenRef: null,
    cache: {},
    endedAt: Date.now(),
  });
  return {
    asked,
    commits: (id) => ({ ...world.repository.read(id), files: world.repository.filesOf(id) }),
    target: world.target,
    fence: world.fence,
    cancelledAt,
    report: { ...report, metrics: {} } as Report,
    interruptions,
    log: schedule.log,
  };
}
