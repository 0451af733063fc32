import { newCallback } from '../../callbacks/callback';
import type { GateResult } from '../../run/messages';
import type { RunState, Work } from '../../run/state';
import type { TurnStore } from '../../run/turn-store';
import { isWanted } from '../../run/wanted';
import { artifactsPath, logPath } from '../gate-files';
import { gateKey } from '../gate-key';
import { gateVariables } from '../gate-variables';
import { type Blobs, blobKeys } from './blobs';
import { handOutBuild } from './build-job';
import { bundlesFor } from './bundle-keys';
import { type CheckResults, type CheckTask, checkResult, checksOf } from './check-tasks';
import { inChunks } from './in-chunks';
import type { GateJob, NextAnswer } from './protocol';
import type { Remembering } from './results';
import type { RunContext } from './run-context';
import { testedBy } from './tested';

export interface HandOut extends Remembering, CheckResults {
  readonly store: Pick<TurnStore, 'putResults'>;
}

type Gates = Extract<Work, { kind: 'gates' }>;
type Task = Gates['tasks'][number];

/**
 * What a lane's token is answered with, for the work that the state has for the lane. Gates that need not run
 * (remembered passes, candidates that do not merge or add nothing) are settled on the spot; for the others a job
 * is written. May be done twice: the second job says the same as the first.
 */
export async function handOut(
  services: HandOut,
  run: RunContext,
  state: RunState,
  lane: number,
): Promise<NextAnswer> {
  const { turn, work } = state.lanes[lane]!;
  switch (work?.kind) {
    case undefined:
      return { kind: 'done', turn };
    case 'sleep':
      return { kind: 'sleep', turn, until: new Date(work.until).toISOString() };
    case 'merge':
    case 'land':
      return { kind: 'merge', turn };
    case 'gates':
      return gates(services, run, state, lane, work);
  }
}

async function gates(
  services: HandOut,
  run: RunContext,
  state: RunState,
  lane: number,
  { tasks }: Gates,
): Promise<NextAnswer> {
  const { turn } = state.lanes[lane]!;
  const { generation } = state;
  const settled: GateResult[] = [];
  const open: Task[] = [];
  const checks = checksOf(run, state, state.lanes[lane]!.work);
  // Of the others nobody wants to know any more.
  for (const task of tasks.filter(({ task }) => isWanted(run.load, state, task))) {
    const check = checks.find(({ index }) => index === task.task);
    const known = check && (await checkResult(services, run, state, check));
    const result = known ?? (await settle(services, run, state, task));
    if (result === undefined) open.push(task);
    else settled.push(result);
  }
  if (settled.length > 0) {
    const results = { lane, generation, turn, results: settled };
    await services.store.putResults(run.record.id, results);
  }
  if (open.length === 0) return { kind: 'settled', turn };
  const [asked] = checks.filter(({ index }) => open.some(({ task }) => task === index));
  // What else there is in the batch goes back, and is handed out again.
  if (asked !== undefined)
    return { kind: 'check', turn, seconds: await openCheck(services, run.record.id, asked) };
  const { blobs } = services;
  const inContainer = open.find(({ task }) => run.load.tasks[task]!.gate.runtime === 'container');
  // One build for one gate; what else there is goes back without a result.
  if (inContainer !== undefined)
    return handOutBuild(services, run, state, lane, inContainer, () =>
      readableBundles(blobs, run, state, [inContainer]),
    );
  const job = await writeJob(blobs, run, state, { lane, tasks: open });
  const key = blobKeys.job(run.record.id, generation, lane, turn);
  await blobs.put(key, JSON.stringify(job), 'application/json');
  return { kind: 'gate', turn, job: await blobs.readUrl(key, URL_SECONDS) };
}

/** The result of a task for which nothing has to run. */
async function settle(
  { memoryOf, blobs, toolchains, now }: HandOut,
  run: RunContext,
  state: RunState,
  { task, attempt }: Task,
): Promise<GateResult | undefined> {
  const { load, names, record } = run;
  const at = now();
  const base = { kind: 'gate', task, attempt, startedAt: at, endedAt: at } as const;
  const tested = testedBy(run, state, task);
  if (tested.kind !== 'clean') {
    const { kind, ...rest } = tested;
    return { ...base, outcome: kind, ...rest };
  }
  if (tested.empty) return { ...base, outcome: 'empty', candidate: tested.commit };
  const { gate } = load.tasks[task]!;
  const key = gateKey(gate, tested, toolchains);
  if (key === undefined) return undefined;
  const { passes, shared } = memoryOf(run);
  const pass = await passes.get(key);
  if (pass === undefined) {
    const told = await shared?.find(gate, tested);
    return (
      told && { ...base, outcome: 'pass', cached: true, exitCode: 0, artifacts: [], candidate: tested.commit }
    );
  }
  const below = artifactsPath(names, load.tasks[task]!, state.weave.round);
  const artifacts = pass.artifacts.map((path) => `${below}/${path}`);
  const copied = await inChunks(artifacts, (path, k) =>
    blobs.copy(`${pass.folder}/${pass.artifacts[k]}`, blobKeys.file(record.id, path)),
  );
  // Files of an old run may have expired before the pass has, or have no place under the names of this one.
  if (copied.includes(false)) return undefined;
  return { ...base, outcome: 'pass', cached: true, exitCode: 0, artifacts, candidate: tested.commit };
}

/** Opens the callback of a check, once. @returns seconds until it expires */
async function openCheck(
  { callbacks, now }: HandOut,
  run: string,
  { task, place }: CheckTask,
): Promise<number> {
  const fresh = newCallback(run, place, '', now(), task.gate.timeoutSeconds);
  const { expiresAt } = await callbacks.put(run, place, fresh);
  // A task can wait for three years, a gate for a month; and for one second at least.
  return Math.max(1, Math.ceil((expiresAt - now()) / 1000));
}

/** How long the URLs of a job are good for: longer than a function lives. */
const URL_SECONDS = 3_600;
/** Of one artifact. */
const MAX_ARTIFACT_BYTES = 5 * 2 ** 30;

async function writeJob(
  blobs: Blobs,
  run: RunContext,
  state: RunState,
  { lane, tasks }: { readonly lane: number; readonly tasks: readonly Task[] },
): Promise<GateJob> {
  const { record, load, names } = run;
  const { generation } = state;
  const { round } = state.weave;
  const { turn } = state.lanes[lane]!;
  const file = (path: string) => blobKeys.file(record.id, path);
  const unwanted = () => blobs.readUrl(blobKeys.unwanted(record.id, generation, lane, turn), URL_SECONDS);
  return {
    run: record.id,
    generation,
    lane,
    turn,
    ...(tasks.length > 1 && { unwanted: await unwanted() }),
    bundles: await readableBundles(blobs, run, state, tasks),
    objectFormat: record.base.length === 64 ? 'sha256' : 'sha1',
    tasks: await Promise.all(
      tasks.map(async ({ task: index, attempt }) => {
        const task = load.tasks[index]!;
        const tested = testedBy(run, state, index);
        if (tested.kind !== 'clean') throw new Error('only a clean candidate can be tested');
        const { commit, tree } = tested;
        const prefix = `${file(artifactsPath(names, task, round))}/`;
        const form = async () => ({
          ...(await blobs.writeForm(prefix, URL_SECONDS, MAX_ARTIFACT_BYTES)),
          prefix,
        });
        return {
          task: index,
          attempt,
          decides: task.blocking && attempt >= task.maxAttempts,
          item: task.item < 0 ? null : names[task.item]!,
          gate: { ...task.gate },
          variables: gateVariables(record, names, { task, attempt }, tested),
          commit,
          tree,
          log: await blobs.writeUrl(file(logPath(names, task, round, attempt)), URL_SECONDS),
          artifacts: task.gate.artifacts.length === 0 ? null : await form(),
        };
      }),
    ),
  };
}

async function readableBundles(
  blobs: Blobs,
  run: RunContext,
  state: RunState,
  tasks: readonly Task[],
): Promise<GateJob['bundles']> {
  const keys = await bundlesFor(
    blobs,
    run,
    state,
    tasks.map(({ task }) => task),
  );
  return Promise.all(keys.map(async (key) => ({ key, url: await blobs.readUrl(key, URL_SECONDS) })));
}
