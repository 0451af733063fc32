import { setImmediate } from 'node:timers/promises';
import { type Blobs, blobKeys } from '../../lib/engine/aws/blobs';
import { lanesOnAws } from '../../lib/engine/aws/lanes';
import { createContext, FACTS, type RunFacts } from '../../lib/engine/aws/run-context';
import type { Plan } from '../../lib/plan/plan';
import { decodeState, encodeState } from '../../lib/run/codec';
import type { Result } from '../../lib/run/messages';
import { encodeRecord, type RunRecord } from '../../lib/run/record';
import type { RunStores } from '../../lib/run/run-stores';
import { newState, type Work } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import { StaleVersionError } from '../../lib/run/store';

export interface CloudRun {
  readonly stores: RunStores;
  readonly blobs: Blobs;
  readonly id: string;
  readonly plan: Plan;
  readonly execute: boolean;
  readonly gatesOnly: boolean;
  readonly maxWorkers: number | null;
  readonly committer: RunRecord['committer'] | null;
  /** What a gate comes to; resolves when it has ended. */
  readonly gate: (item: string | null, gate: string) => Promise<'pass' | 'fail'>;
}

/** Forty hex digits for a number. */
const sha = (n: number) => n.toString(16).padStart(40, '0');

/**
 * Carries a run from its plan to its last commit, with the real coordinator, and without git: gates come to what
 * the test says, weaving and landing always succeed. Lanes take their turns one after another.
 */
export async function carryInCloud(run: CloudRun): Promise<void> {
  const context = await prepare(run);
  const { load, names } = context;
  const { store } = run.stores;
  let commits = 1_000;

  /** What the lane is given, if there is something. */
  const next = async (lane: number, turn: number, results: readonly Result[]): Promise<Answered> => {
    for (;;) {
      const { version, state: text } = await store.read(run.id);
      const state = decodeState(load, text);
      // Given to it while another one asked.
      const own = state.lanes[lane]!;
      if (own.turn === turn && own.work !== undefined) return own.work;
      const call = { kind: 'next', lane, generation: state.generation, turn, results } as const;
      const taken = step(load, state, [call], Date.now());
      try {
        await store.commit(run.id, version, encodeState(taken.state), taken.events);
        const { phase, unfinishedTasks } = taken.state;
        if (phase === 'done' && unfinishedTasks === 0) return { kind: 'done' };
        return taken.answers.find((answer) => answer.lane === lane && answer.turn === turn)?.work;
      } catch (error) {
        if (!(error instanceof StaleVersionError)) throw error;
      }
    }
  };
  const perform = async (work: Work): Promise<Result[]> => {
    if (work.kind === 'gates') {
      const results: Result[] = [];
      for (const { task, attempt } of work.tasks) {
        const { item, gate } = load.tasks[task]!;
        const startedAt = Date.now();
        const log = `logs/${task}-${gate.name}.log`;
        const outcome = await run.gate(item < 0 ? null : names[item]!, gate.name);
        await run.blobs.put(blobKeys.file(run.id, log), `${outcome}\n`);
        const times = { startedAt, endedAt: Date.now(), exitCode: outcome === 'pass' ? 0 : 1 };
        results.push({ kind: 'gate', task, attempt, outcome, log, candidate: sha(1), ...times });
      }
      return results;
    }
    if (work.kind === 'merge')
      return work.items.map((item) => {
        commits += 1;
        const tip = { chain: sha(commits), linear: sha(commits), tree: sha(commits) };
        return { kind: 'merge', item, present: false, durationMs: 1, result: { kind: 'woven', tip } };
      });
    return [{ kind: 'land', durationMs: 1, result: { kind: 'landed', synced: [], warnings: [] } }];
  };

  const lanes = decodeState(load, (await store.read(run.id)).state).lanes.map(() => ({
    turn: 1,
    results: [] as readonly Result[],
    done: false,
  }));
  while (lanes.some(({ done }) => !done))
    for (const [lane, own] of lanes.entries()) {
      if (own.done) continue;
      const work = await next(lane, own.turn, own.results);
      // Whoever follows the run is to have its turn as well.
      await setImmediate();
      if (work === undefined) continue;
      if (work.kind === 'done') own.done = true;
      else {
        own.results = await perform(work);
        own.turn += 1;
      }
    }
}

type Answered = Work | { readonly kind: 'done' } | undefined;

/** What the function `prepare` leaves behind. */
async function prepare({ stores, blobs, id, plan, execute, gatesOnly, ...asked }: CloudRun) {
  const record: RunRecord = {
    id,
    plan,
    execute,
    engine: 'aws',
    gatesOnly,
    lanes: lanesOnAws(asked.maxWorkers, plan.policy.maxWorkers, Number.POSITIVE_INFINITY),
    artifactFolder: '',
    startedAt: Date.now(),
    base: sha(1),
    heads: plan.items.map(({ branch }, k) => ({ ref: `refs/heads/${branch}`, sha: sha(k + 2) })),
    outdated: [],
    committer: asked.committer ?? { name: 'lex-pr', email: 'lex-pr@localhost' },
  };
  const facts: RunFacts = {
    candidates: [],
    lengths: plan.items.map(({ gates }) => gates.map(() => 1)),
    order: { cached: false, seconds: 0.001 },
  };
  const context = createContext(record, facts);
  const { store } = stores;
  await store.putDetail(id, FACTS, JSON.stringify(facts));
  await blobs.put(blobKeys.record(id), JSON.stringify({ record: encodeRecord(record), facts }));
  const lanes = Math.max(1, Math.min(record.lanes, context.load.tasks.length));
  const first = start(context.load, newState(context.load, lanes, record.base), [], record.startedAt);
  await store.create(id, encodeRecord(record), encodeState(first.state), first.events, record.startedAt);
  return context;
}
