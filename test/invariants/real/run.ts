import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cancelRun } from '../../../lib/engine/cancel-run';
import { mergeCommand } from '../../../lib/engine/merge-command';
import { overrideGate } from '../../../lib/engine/override-run';
import { callRun } from '../../../lib/engine/running';
import { stateFile, type Workspace } from '../../../lib/engine/workspace';
import { InputError } from '../../../lib/errors';
import { orderPlan } from '../../../lib/plan/order';
import { buildReport } from '../../../lib/report/build';
import type { Report } from '../../../lib/report/report';
import { openHome } from '../../../lib/repository/home';
import { openPrivate } from '../../../lib/repository/private';
import { openSource } from '../../../lib/repository/source';
import { decodeState } from '../../../lib/run/codec';
import { decodeRecord } from '../../../lib/run/record';
import { openSqliteStore } from '../../../lib/run/sqlite-store';
import { createWorkload } from '../../../lib/run/workload';
import { begin, type Death, goOn, type Meddle, RUN } from '../../e2e/dying-run';
import type { PlanDocument } from '../../support/cli';
import type { Evidence } from '../evidence';
import { askedOf, documentOf, nameOf, REASON, type Story, USER } from '../story';
import { readCommits, readRefLogs } from './evidence';
import { createRepository, type StoryRepository } from './repository';

/** How often the process dies, at most. */
const DEATHS = 3;
/** Commits of a run among which somebody does something. */
const COMMITS = 16;

/**
 * Runs a story with real git and real gates: the process dies before or after any commit and another one goes on, and
 * others move branches, move the target and cancel the run there.
 */
export async function runStory(story: Story, choose: (n: number) => number): Promise<Evidence> {
  const world = createRepository(story);
  try {
    return await runIn(world, story, choose);
  } finally {
    world.repo.remove();
  }
}

async function runIn(world: StoryRepository, story: Story, choose: (n: number) => number): Promise<Evidence> {
  const { repo, heads } = world;
  const scratch = join(repo.root, 'scratch');
  mkdirSync(scratch);
  const document: PlanDocument = documentOf(story, scratch);
  const intrusions = story.intruders.map((what) => ({ at: 1 + choose(COMMITS), what }));
  const moves = story.moves.map((move) => ({ at: 1 + choose(COMMITS), ...move }));
  const overridden = story.overrides.map((item) => ({ at: 1 + choose(COMMITS), item }));
  const cancelAt = story.isCancelled ? 1 + choose(COMMITS) : 0;
  const deaths = Array.from(
    { length: choose(2) === 0 ? 0 : choose(DEATHS + 1) },
    (): Death => ({
      commit: 1 + choose(COMMITS),
      when: choose(2) === 0 ? 'before' : 'after',
    }),
  );
  let count = 0;
  let cancelledAt: number | undefined;
  const movedHeads: string[] = [];

  const meddle: Meddle = async (_, when, workspace) => {
    if (when === 'after') return;
    count += 1;
    for (const { what } of intrusions.filter(({ at }) => at === count)) intrude(world, what);
    for (const { item, to } of moves.filter(({ at }) => at === count)) {
      const ref = `refs/heads/${nameOf(item)}`;
      if (to === 'nothing') repo.git('update-ref', '-d', ref);
      else repo.git('update-ref', ref, commitOn(world, heads[item]!, `more ${item}`));
      // Of a landing that is on its way nobody knows what it has seen.
      if (!(await stateOf(workspace)).isLanding) movedHeads.push(nameOf(item));
    }
    for (const { item } of overridden.filter(({ at }) => at === count)) await override(workspace, item);
    if (cancelAt === count && (await cancel(workspace)))
      cancelledAt = readRefLogs(repo, world.base).target.length;
  };

  const overrides = story.items.flatMap(({ isOverridden }, item) =>
    isOverridden
      ? [{ item: nameOf(item), gate: 'check', user: USER, reason: REASON, by: null, head: heads[item]! }]
      : [],
  );
  let life = await begin(repo, document, deaths[0], meddle, overrides);
  for (const death of [...deaths.slice(1), undefined])
    if (life.state === undefined) life = await goOn(repo, death, meddle);

  const report = await reportOf(world);
  const { target, fence } = readRefLogs(repo, world.base);
  // The private one has borrowed the objects of the user's.
  const git = await openPrivate(await openHome(repo.path), await openSource(repo.path));
  const commits = await readCommits(git, report, [...target.map(({ commit }) => commit), ...heads]);
  return {
    asked: askedOf(story, world.base, heads),
    commits,
    target: target.map((move) => (move.run === RUN ? { ...move, movedHeads } : move)),
    fence,
    cancelledAt,
    report,
    interruptions: deaths.length,
  };
}

async function stateOf({ store }: Pick<Workspace, 'store'>) {
  const record = decodeRecord((await store.find(RUN))!.record);
  const load = createWorkload(orderPlan(record.plan), record.plan.policy, record);
  const state = decodeState(load, (await store.read(RUN)).state);
  return { record, load, state, isLanding: state.phase === 'land' };
}

/** As `lex-pr override` does from another process. */
async function override({ store, home }: Workspace, item: number): Promise<void> {
  const { record, load } = await stateOf({ store });
  const asked = { item: nameOf(item), gate: 'check', user: USER, reason: REASON, by: null };
  const ordered = orderPlan(record.plan);
  try {
    await overrideGate({ store, record, ordered, load, asked, anew: mergeCommand, now: Date.now });
    callRun(home);
  } catch (error) {
    // There is nothing to answer for, or it is too late.
    if (!(error instanceof InputError)) throw error;
  }
}

/** As `lex-pr cancel` does from another process. @returns whether it was acknowledged */
async function cancel(workspace: Workspace): Promise<boolean> {
  const { record, load } = await stateOf(workspace);
  const answer = await cancelRun({
    store: workspace.store,
    record,
    load,
    why: 'Tester cancelled it: enough',
    git: async () => workspace,
    onStopped: async () => callRun(workspace.home),
    now: Date.now,
  });
  return answer === 'cancelled';
}

export function intrude(world: StoryRepository, what: 'commit' | number): void {
  const { repo, heads } = world;
  const now = repo.git('rev-parse', 'refs/heads/main');
  const next = what === 'commit' ? commitOn(world, now, 'other') : mergeOf(world, now, heads[what]!);
  if (next !== undefined) repo.git('update-ref', '-m', 'by hand', 'refs/heads/main', next, now);
}

const commitOn = ({ repo }: StoryRepository, parent: string, message: string) =>
  repo.git('commit-tree', '-p', parent, '-m', message, `${parent}^{tree}`);

function mergeOf({ repo }: StoryRepository, now: string, head: string): string | undefined {
  try {
    const tree = repo.git('merge-tree', '--write-tree', now, head);
    return repo.git('commit-tree', '-p', now, '-p', head, '-m', 'by hand', tree);
  } catch {
    return undefined;
  }
}

async function reportOf({ repo }: StoryRepository): Promise<Report> {
  const store = openSqliteStore(stateFile(join(repo.path, '.lex-pr')));
  try {
    const { record, load, state } = await stateOf({ store });
    const { tip, base } = state.weave;
    const report = buildReport({
      record,
      ordered: orderPlan(record.plan),
      load,
      state,
      events: await store.events(RUN),
      wovenTree: tip.linear === base ? undefined : tip.tree,
      wovenRef: null,
      cache: {},
      endedAt: Date.now(),
    });
    return { ...report, metrics: {} };
  } finally {
    await store.close();
  }
}
