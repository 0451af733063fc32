import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closure } from '../../merge/closure';
import type { Tip } from '../../merge/weave';
import { readRefs } from '../../repository/refs';
import { decodeState } from '../../run/codec';
import type { Result } from '../../run/messages';
import type { RunState, Work } from '../../run/state';
import type { TurnStore } from '../../run/turn-store';
import { performLanding } from '../landing-work';
import { performMerge } from '../merge-work';
import { type Blobs, blobKeys } from './blobs';
import { bringCommits } from './bring-commits';
import { restoreWeave, writeWeaveBundle } from './bundles';
import { log } from './function-log';
import type { RemoteWorkspace } from './repository-access';
import type { LoadRun, RunContext } from './run-context';
import { upload } from './transfer';

export interface MergeServices {
  readonly store: TurnStore;
  readonly blobs: Blobs;
  readonly loadRun: LoadRun;
  /** A folder for files of this call. */
  readonly scratch: string;
  /** Opens a repository for some work, which may be done twice. */
  readonly withRepository: <T>(url: string, work: (workspace: RemoteWorkspace) => Promise<T>) => Promise<T>;
}

export interface MergeCall {
  readonly run: string;
  readonly generation: number;
  readonly lane: number;
  readonly turn: number;
}

/**
 * Weaves or lands what a lane holds, and puts the results into the store. Weaving twice makes the same commits;
 * a second landing finds that the first has happened. Nothing is done for a lane that holds something else by now.
 * @throws what the services throw; another try goes on
 */
export async function mergeForLane(services: MergeServices, call: MergeCall): Promise<void> {
  const { store } = services;
  const run = await services.loadRun(call.run);
  const turns = await store.readTurns(call.run);
  const state = decodeState(run.load, turns.state);
  const lane = state.lanes[call.lane];
  const isDone = turns.results.some(
    (row) => row.lane === call.lane && row.generation === call.generation && row.turn === call.turn,
  );
  const isCurrent = state.generation === call.generation && lane?.turn === call.turn;
  const work = lane?.work;
  if (isDone || !isCurrent || (work?.kind !== 'merge' && work?.kind !== 'land')) return;
  const { plan } = run.record;
  const results = await services.withRepository(plan.repository, (workspace) =>
    work.kind === 'merge'
      ? weave(services, workspace, run, state, work)
      : land(services, workspace, run, state, work),
  );
  const { generation, turn } = call;
  await store.putResults(call.run, { lane: call.lane, generation, turn, results });
}

async function weave(
  services: MergeServices,
  workspace: RemoteWorkspace,
  run: RunContext,
  state: RunState,
  work: Extract<Work, { kind: 'merge' }>,
): Promise<Result[]> {
  const { record, ordered } = run;
  // Of a weave that has been given up meanwhile.
  if (work.items.length === 0) return [];
  // Whether untested items add nothing on another base either shows with what they depend on.
  const again = work.base === record.base ? [] : work.untested;
  const items = [...new Set([...work.items, ...again.flatMap((item) => closure(ordered.deps, item))])];
  const heads = items.map((item) => record.heads[item]!.sha);
  const gone = await bringCommits(services, workspace, run, items, [record.base, work.base, ...heads]);
  if (gone.includes(work.base)) return [await targetNow(workspace, record, work.base)];
  if (gone.length > 0) throw new Error(`run ${record.id} has lost ${gone.join(', ')}`);
  await bringTip(services, workspace, run, state, work.tip);
  const results = await performMerge(workspace, record, ordered, work);
  for (const { item, result, present, durationMs } of results)
    log.info('weave-item', `item ${run.names[item]}: ${result.kind}`, {
      item: run.names[item],
      status: result.kind,
      present,
      ms: Math.round(durationMs),
      round: state.weave.round,
      retries: state.weave.retries,
    });
  const woven = results.flatMap(({ result }) => (result.kind === 'woven' ? [result.tip] : []));
  await storeWeave(services, workspace, run, state, work, woven.at(-1) ?? work.tip);
  return results;
}

async function land(
  services: MergeServices,
  workspace: RemoteWorkspace,
  run: RunContext,
  state: RunState,
  work: Extract<Work, { kind: 'land' }>,
): Promise<Result[]> {
  const { record } = run;
  const { generation } = state;
  await bringTip(services, workspace, run, state, state.weave.tip);
  const landing = await performLanding({ ...workspace, store: services.store }, record, work, generation);
  const { kind } = landing.result;
  log[kind === 'landed' ? 'info' : 'warn']('landing', `landing on ${record.plan.target}: ${kind}`, {
    status: kind,
    target: record.plan.target,
    base: work.base,
    woven: work.woven,
    items: work.items.length,
    round: state.weave.round,
    retries: state.weave.retries,
    ms: Math.round(landing.durationMs),
  });
  return [landing];
}

/** Where a target is that has left what it named when this round began: nothing can be woven there any more. */
async function targetNow(
  { source, repository }: RemoteWorkspace,
  { plan: { target } }: RunContext['record'],
  base: string,
): Promise<Result> {
  const branch = `refs/heads/${target}`;
  const now = (await readRefs(source, repository, [branch])).get(branch);
  if (now === base) throw new Error(`the repository names ${base} as ${target}, and does not have it`);
  const result =
    now === undefined ? ({ kind: 'target-gone' } as const) : { kind: 'target-moved' as const, now };
  return { kind: 'land', result, durationMs: 0 };
}

function bringTip(
  { blobs, scratch }: MergeServices,
  { repository }: RemoteWorkspace,
  { record }: RunContext,
  { weave: { round, base } }: RunState,
  tip: Tip,
): Promise<void> {
  return tip.chain === base
    ? Promise.resolve()
    : restoreWeave(repository, blobs, scratch, { run: record.id, round, base: record.base, tip });
}

async function storeWeave(
  { blobs, scratch }: MergeServices,
  { repository }: RemoteWorkspace,
  { record }: RunContext,
  { weave: { round } }: RunState,
  work: Extract<Work, { kind: 'merge' }>,
  after: Tip,
): Promise<void> {
  const folder = await mkdtemp(join(scratch, 'weave-'));
  const file = join(folder, 'bundle');
  const bases = { run: record.base, round: work.base };
  try {
    if (await writeWeaveBundle(repository, file, bases, work.tip, after)) {
      const key = blobKeys.weave(record.id, round, work.items[0]!, after.chain);
      await upload(file, await blobs.writeUrl(key, 900), 'application/octet-stream');
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
