import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, refuse } from '../../errors';
import { createCandidates } from '../../merge/candidate';
import type { CacheStore } from '../../performance/cache-store';
import { type OrderedPlan, orderPlan } from '../../plan/order';
import type { Plan } from '../../plan/plan';
import { expectedLengths } from '../../prediction/forecast';
import { ensureCommits, isGone } from '../../repository/refs';
import { encodeState } from '../../run/codec';
import type { Pauses } from '../../run/pauses';
import { decodeRecord, encodeRecord, type RunRecord } from '../../run/record';
import type { RunIndex, SubmittedRun } from '../../run/run-index';
import { newState } from '../../run/state';
import { start } from '../../run/step';
import type { TurnStore } from '../../run/turn-store';
import { createMetrics } from '../../telemetry/lex-pr-metrics';
import { openDurations, readForecasts } from '../durations';
import { orderCached } from '../order-cached';
import { recordedOverrides } from '../overridable';
import { withPrediction } from '../predicted';
import { prepareRun } from '../prepare';
import { lanesOf } from '../take-over';
import { applyPauseInRun } from './apply-pause';
import { type Blobs, blobKeys, SEGMENT } from './blobs';
import { writeBaseBundle, writeCandidateBundle } from './bundles';
import { detailOnce } from './detail-once';
import { log } from './function-log';
import { lanesOnAws } from './lanes';
import { logEvents } from './log-events';
import { planBranches } from './plan-branches';
import type { PrepareAnswer } from './protocol';
import { parsePlan, readDocument } from './read-plan';
import type { RemoteWorkspace } from './repository-access';
import { type Submission, submissionSchema } from './request';
import { createContext, FACTS, type LoadRun, type RunFacts } from './run-context';
import { takeOver } from './take-over';
import { upload } from './transfer';

export interface PrepareServices {
  readonly store: TurnStore;
  readonly index: RunIndex;
  readonly pauses: Pick<Pauses, 'read'>;
  readonly blobs: Blobs;
  readonly cache: CacheStore;
  readonly loadRun: LoadRun;
  readonly now: () => number;
  /** Lanes that a run can have at most. */
  readonly maxWorkers: number;
  /** A folder for files of this call. */
  readonly scratch: string;
  /** Opens a repository for some work, which may be done twice. */
  readonly withRepository: <T>(url: string, work: (workspace: RemoteWorkspace) => Promise<T>) => Promise<T>;
}

/**
 * Makes a run ready for its lanes; where it has been made ready before, takes it over for this generation. What
 * cannot be run is noted in the run's row and ends it.
 * @throws what the services throw; another try goes on
 */
export async function prepare(
  services: PrepareServices,
  call: { readonly run: string; readonly generation: number },
): Promise<PrepareAnswer> {
  const { index, store, now } = services;
  const began = performance.now();
  const submitted = await index.get(call.run);
  if (submitted === undefined) throw new Error(`run ${call.run} was not handed in`);
  if (submitted.refusal !== undefined) return REFUSED;
  try {
    if ((await store.find(call.run)) === undefined) await create(services, submitted);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // A call beside this one may have found what is gone by now.
    if ((await store.find(call.run)) === undefined) {
      await index.refuse(call.run, JSON.stringify(error.problems), now());
      logRefusal(error, began);
      return REFUSED;
    }
  }
  // Cancelled meanwhile, when there was nothing yet that could have been stopped.
  if ((await index.get(call.run))?.endedAt !== undefined) return REFUSED;
  const run = await services.loadRun(call.run);
  const { load, record } = run;
  await takeOver(services, load, record, call.generation);
  // Whoever has written a pause before this may have found no run to tell.
  const state = await applyPauseInRun({ store, pauses: services.pauses, now }, run);
  // An execution that was overtaken has no lanes any more.
  const lanes = state.generation === call.generation ? state.lanes.map((_, lane) => ({ ...call, lane })) : [];
  const { execute, gatesOnly, base, plan } = record;
  log.info('prepared', `the run is ready for ${lanes.length} lanes`, {
    target: plan.target,
    base,
    items: plan.items.length,
    lanes: lanes.length,
    execute,
    gatesOnly,
    ms: Math.round(performance.now() - began),
  });
  return { prepared: true, lanes };
}

const REFUSED: PrepareAnswer = { prepared: false, lanes: [] };

function logPinned({ heads, outdated, base }: RunRecord): void {
  const items = heads.length;
  log.info('pinned', `the heads of ${items} items are pinned`, { base, items, outdated: outdated.length });
}

function logRefusal({ problems }: InputError, began: number): void {
  log.warn('refused', 'the plan cannot be run', {
    problems: problems.slice(0, 5).map(({ code, message }) => ({ code, message })),
    more: Math.max(0, problems.length - 5),
    ms: Math.round(performance.now() - began),
  });
}

async function create(services: PrepareServices, submitted: SubmittedRun): Promise<void> {
  const { blobs, store, cache, maxWorkers } = services;
  const { id } = submitted;
  const request = submissionSchema.parse(JSON.parse(submitted.request));
  const { plan, warnings: ofPlan } = await planOf(services, id, request);
  const warnings = [...ofPlan, ...withoutEffect(plan)];
  const began = performance.now();
  const { ordered, cached } = await orderCached(plan, cache, createMetrics());
  const order = { cached, seconds: (performance.now() - began) / 1000 };
  const options = {
    id,
    engine: 'aws' as const,
    execute: request.execute,
    gatesOnly: request.gatesOnly,
    lanes: lanesOnAws(request.maxWorkers, plan.policy.maxWorkers, maxWorkers),
    artifactFolder: '',
    ...(request.committer !== null && { committer: request.committer }),
    ...(warnings.length > 0 && { warnings }),
    ...(request.overrides && { overrides: request.overrides }),
    // Not the time of now: a second try is to find the same.
    startedAt: submitted.submittedAt,
  };
  const [found, pinned, candidates] = await services.withRepository(plan.repository, async (workspace) => {
    const find = async () => {
      const pinning = await prepareRun(workspace, plan, ordered, options);
      logPinned(pinning);
      return encodeRecord(pinning);
    };
    // Whatever the branches name by now: so all calls make the same candidates.
    const found = decodeRecord(await detailOnce(store, id, PINNED, find));
    const inOrder = orderPlan(found.plan);
    return [found, inOrder, await writeBundles(services, workspace, found, inOrder)] as const;
  });
  const { policy } = found.plan;
  const forecasts = await readForecasts(openDurations(policy.performance, cache), pinned, policy);
  const lengthOf = expectedLengths(forecasts);
  const lengths = pinned.items.map(({ name, gates }) => gates.map(({ gate }) => lengthOf(gate, name)));
  const facts = { candidates, lengths, order };
  const record = withPrediction(found, createContext(found, facts).load, pinned, forecasts);
  await store.putDetail(id, FACTS, JSON.stringify(facts));
  // Followed from outside by whoever has its URL.
  await blobs.put(blobKeys.record(id), JSON.stringify({ record: encodeRecord(record), facts }));
  await begin(services, record, facts);
}

/** What a plan says that means nothing here: a sentence each. */
function withoutEffect({ policy: { performance } }: Plan): string[] {
  return (['throttleOnCpu', 'throttleOnIo'] as const)
    .filter((field) => performance[field])
    .map((field) => `${field} holds nothing back on AWS: every gate has a machine of its own`);
}

/** The detail of the store that holds the record before the run has begun. */
const PINNED = 'pinned';

async function planOf(services: PrepareServices, run: string, request: Submission) {
  const { plan } = request;
  if (typeof plan !== 'string') return planBranches(services, run, plan);
  return { plan: parsePlan(await readDocument(services.blobs, run, plan), request), warnings: [] };
}

/** Puts the run's first state into the store; a second one that is a little later loses. */
async function begin({ store }: PrepareServices, record: RunRecord, facts: RunFacts): Promise<void> {
  const context = createContext(record, facts);
  const { load } = context;
  const lanes = lanesOf(record, load);
  const before = newState(load, lanes, record.base);
  const overrides = recordedOverrides(load, record);
  const first = start(load, before, record.outdated, record.startedAt, overrides);
  const state = encodeState(first.state);
  try {
    await store.create(record.id, encodeRecord(record), state, first.events, record.startedAt);
    logEvents(context, first.state, first.events);
  } catch (error) {
    if ((await store.find(record.id)) === undefined) throw error;
  }
}

/** Builds every candidate, and stores what gates need of them. */
async function writeBundles(
  { blobs, scratch }: PrepareServices,
  { source, repository, merge, commits, objects }: RemoteWorkspace,
  record: RunRecord,
  { deps }: OrderedPlan,
) {
  const { id, base } = record;
  const heads = record.heads.map(({ sha }) => sha);
  await ensureCommits(source, repository, [base, ...heads]).catch((error: unknown) => {
    if (!isGone(error)) throw error;
    // Pinned by a call before this one, which has not come to keeping them.
    throw refuse(
      'commit-gone',
      `the repository has lost a commit of this run: ${error.message}`,
      'run again',
    );
  });
  const candidates = createCandidates({ git: repository, merge, commits, objects, base, heads, deps });
  const folder = await mkdtemp(join(scratch, 'bundles-'));
  const file = join(folder, 'bundle');
  const store = async (key: string) => {
    await upload(file, await blobs.writeUrl(key, 900), 'application/octet-stream');
  };
  try {
    await writeBaseBundle(repository, file, base);
    await store(blobKeys.base(id));
    for (let number = 0; number * SEGMENT < heads.length; number += 1) {
      const segment = { number, heads };
      if (await writeCandidateBundle(repository, file, base, candidates, segment))
        await store(blobKeys.candidates(id, number));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const found = [];
  for (let item = 0; item < heads.length; item += 1) found.push(await candidates.of(item));
  return found;
}
