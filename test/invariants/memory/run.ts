import { cancelRun } from '../../../lib/engine/cancel-run';
import { lanesFor } from '../../../lib/engine/lanes';
import { recordedOverrides } from '../../../lib/engine/overridable';
import { prepareRun } from '../../../lib/engine/prepare';
import { InputError } from '../../../lib/errors';
import { loadPlan } from '../../../lib/plan/load';
import { orderPlan } from '../../../lib/plan/order';
import { buildReport } from '../../../lib/report/build';
import type { Report } from '../../../lib/report/report';
import { encodeState } from '../../../lib/run/codec';
import { openMemoryRunStores } from '../../../lib/run/memory-turn-store';
import { encodeRecord } from '../../../lib/run/record';
import { newState, type RunState } from '../../../lib/run/state';
import { start } from '../../../lib/run/step';
import { createWorkload } from '../../../lib/run/workload';
import type { Evidence } from '../evidence';
import { askedOf, documentOf, nameOf, REASON, type Story, USER } from '../story';
import { ENGINES, type Setting } from './engines';
import { createGates } from './gates';
import { type Actor, Schedule } from './schedule';
import { branchOf, createWorld, TARGET, type World } from './world';

/** How often something of an engine dies; fewer than what makes a run give up. */
const HARMS = 3;
const TESTER = { name: 'Tester', email: 'tester@example.com' };

/**
 * Runs a story in memory: the plan is loaded, woven, verified, landed and reported by the code of lex-pr, on a
 * repository in memory and with a clock that moves when nothing else does.
 * @param choose decides the order of all that can be seen from outside, and what dies when
 */
export async function runStory(
  story: Story,
  engine: keyof typeof ENGINES,
  choose: (n: number) => number,
): Promise<Evidence> {
  const schedule = new Schedule(choose);
  const world = createWorld(story, schedule);
  const { store } = openMemoryRunStores();
  let fault: { readonly error: unknown } | undefined;
  const failed = (error: unknown) => {
    fault ??= { error };
  };
  /** What a promise comes to, while everybody goes on. */
  const finish = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false;
    promise.catch(failed).finally(() => {
      isOver = true;
    });
    await schedule.until(() => isOver || fault !== undefined);
    if (fault !== undefined) throw fault.error;
    return promise;
  };

  const prepared = await finish(prepare(story, engine, world));
  const { record, ordered, load, first } = prepared;
  await store.create(
    record.id,
    encodeRecord(record),
    encodeState(first.state),
    first.events,
    record.startedAt,
  );
  const attempt = createGates(world.repository, prepared.asked);
  const setting: Setting = { schedule, world, store, record, ordered, load, attempt, choose };
  const carried = await finish(ENGINES[engine](setting));
  let ended: RunState | undefined;
  carried.ended.then((state) => {
    ended = state;
  }, failed);

  /** Somebody else, who does that at a time that is as likely early as late. */
  const busy = new Set<Actor>();
  const meanwhile = (name: string, act: (me: Actor) => Promise<unknown>) => {
    const me: Actor = { name, alive: true };
    busy.add(me);
    const wait = async () => {
      for (let left = choose(60); left > 0; left -= 1) await schedule.pause(me, 'waits');
      await act(me);
    };
    wait()
      .catch(failed)
      .finally(() => busy.delete(me));
  };
  const harms = choose(2) === 0 ? 0 : choose(HARMS + 1);
  for (let left = harms; left > 0; left -= 1)
    meanwhile('fate', async () => {
      if (ended === undefined) await carried.harm();
    });
  for (const what of story.intruders) meanwhile('somebody', async () => intrude(world, what, choose));
  for (const { item, to } of story.moves)
    meanwhile('author', async () => {
      const next = world.repository.change(
        [world.heads[item]!],
        { [`more/${nameOf(item)}`]: 'more\n' },
        'more',
      );
      world.move(branchOf(item), to === 'nothing' ? undefined : next);
    });
  for (const item of story.overrides)
    meanwhile('manager', async (me) => {
      const asked = { item: nameOf(item), gate: 'check', user: USER, reason: REASON, by: null };
      await carried.override(asked, me).catch((error: unknown) => {
        // There is nothing to answer for, or it is too late.
        if (!(error instanceof InputError)) throw error;
      });
    });
  let cancelledAt: number | undefined;
  if (story.isCancelled)
    meanwhile('lead', async (me) => {
      const answer = await cancelRun({
        store,
        record,
        load,
        why: 'Tester cancelled it: enough',
        git: async () => world.open(me),
        onStopped: () => carried.wake(me),
        now: Date.now,
      });
      if (answer === 'cancelled') cancelledAt = world.target.length;
    });

  await schedule.until(() => (ended !== undefined && busy.size === 0) || fault !== undefined);
  if (fault !== undefined) throw fault.error;
  const state = ended!;
  const { tip, base } = state.weave;
  const report = buildReport({
    record,
    ordered,
    load,
    state,
    events: await store.events(record.id),
    wovenTree: tip.linear === base ? undefined : world.repository.read(tip.linear).tree,
    wovenRef: null,
    cache: {},
    endedAt: Date.now(),
  });
  return {
    asked: prepared.asked,
    commits: (id) => ({ ...world.repository.read(id), files: world.repository.filesOf(id) }),
    target: world.target,
    fence: world.fence,
    cancelledAt,
    report: { ...report, metrics: {} } as Report,
    interruptions: harms,
  };
}

async function prepare(story: Story, engine: keyof typeof ENGINES, world: World) {
  const document = {
    schemaVersion: 'v1',
    target: 'main',
    repository: 'memory://it',
    ...documentOf(story, '/nowhere'),
  };
  const plan = loadPlan(JSON.stringify(document), { file: 'plan.json', cwd: '/', defaultRepository: '/' });
  const ordered = orderPlan(plan);
  const overridden = story.items.flatMap(({ isOverridden }, item) => (isOverridden ? [item] : []));
  const record = await prepareRun(world.open({ name: 'prepare', alive: true }), plan, ordered, {
    id: 'R1',
    execute: true,
    engine,
    gatesOnly: false,
    ...lanesFor(plan.policy.maxWorkers),
    artifactFolder: '',
    startedAt: Date.now(),
    committer: TESTER,
    overrides: overridden.map((item) => ({
      item: nameOf(item),
      gate: 'check',
      user: USER,
      reason: REASON,
      by: null,
      head: world.heads[item]!,
    })),
  });
  const load = createWorkload(ordered, plan.policy, record);
  const state = newState(load, record.lanes, record.base);
  const first = start(load, state, record.outdated, record.startedAt, recordedOverrides(load, record));
  return { record, ordered, load, first, asked: askedOf(story, world.base, world.heads) };
}

/** Somebody else puts a commit of his own on the target, or an item: by a merge or as one commit. */
function intrude(
  { repository, heads, target, move }: World,
  what: 'commit' | number,
  choose: (n: number) => number,
) {
  const now = repository.refs.get(TARGET)!;
  if (what === 'commit') {
    move(TARGET, repository.change([now], { [`somebody/${target.length}`]: 'x\n' }, 'other'));
    return;
  }
  const merged = repository.merge(now, heads[what]!);
  if (merged.kind !== 'clean') return;
  const { author, committer } = repository.read(now);
  const parents = choose(2) === 0 ? [now, heads[what]!] : [now];
  move(TARGET, repository.commit({ tree: merged.tree, parents, author, committer, message: 'by hand' }));
}
