import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { refuse } from '../../errors';
import { hasHotfix } from '../../plan/priority';
import type { Pauses } from '../../run/pauses';
import type { RunIndex, SubmittedRun } from '../../run/run-index';
import type { TargetQueue } from '../../run/target-queue';
import type { Totals } from '../../run/totals';
import { runId } from '../names';
import { runStatus } from '../run-status';
import { blobKeys } from './blobs';
import type {
  Cancelled,
  ControlCall,
  Followed,
  LogFiles,
  OverriddenGate,
  ReportFiles,
  RunPage,
  RunSummary,
  StatusAnswer,
  Submitted,
  Upload,
} from './control-protocol';
import { log } from './function-log';
import { keepPlan } from './kept-plan';
import { overrideInRun } from './override-gate';
import { pageOfEvents } from './page-of-events';
import { parsePlan, readDocument } from './read-plan';
import { wasCancelledEarly, whyNotBegun } from './refusal';
import { requestSchema, submissionSchema } from './request';
import { releaseChecks } from './request-check';
import type { LaneStopper, Starter } from './starter';
import { stopBuilds } from './stop-builds';
import { submitRun } from './submit-run';
import { answerLanes, type TurnServices } from './turn';

export interface ControlServices extends TurnServices {
  readonly store: TurnServices['store'];
  readonly index: RunIndex;
  readonly queue: TargetQueue;
  readonly pauses: Pauses;
  readonly totals: Totals;
  readonly starter: Starter;
  readonly stopLane: LaneStopper;
  /** Stops a run that has begun, where the repository is at hand. */
  readonly stop: (run: string, why: string) => Promise<Cancelled['result']>;
}

type Call<A extends ControlCall['action']> = Extract<ControlCall, { action: A }>;

const URL_SECONDS = 3_600;
/** With their paths URLs have up to 8 KB, and a function can answer 6 MB. */
const FILES_A_PAGE = 500;

/** A place for a plan. */
export async function upload({ blobs, now }: ControlServices, call: Call<'upload'>): Promise<Upload> {
  const key = call.idempotencyKey;
  const run =
    key === undefined
      ? `${runId(now(), Math.random())}-${randomBytes(4).toString('hex')}`
      : `key-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
  const plan = randomUUID();
  return { run, plan, url: await blobs.writeUrl(blobKeys.plan(run, plan), URL_SECONDS) };
}

/** Starts a run, once. @throws InputError with everything that is wrong with the plan */
export async function submit(services: ControlServices, call: Call<'submit'>): Promise<Submitted> {
  return submitRun(services, call.run, async () => {
    const { blobs } = services;
    const document = await readDocument(blobs, call.run, call.plan);
    const plan = parsePlan(document, requestSchema.parse(call.request));
    const kept = await keepPlan(blobs, call.run, document);
    const submission = submissionSchema.parse({ ...call.request, plan: kept, hotfix: hasHotfix(plan) });
    const { repository, target } = plan;
    return { repository, target, submission };
  });
}

/** The runs of the stack, newest first. */
export async function list({ index }: ControlServices, call: Call<'list'>): Promise<RunPage> {
  const { runs, next } = await index.page(50, call.from);
  return { runs: runs.map(summary), next };
}

/** How far a run is; the newest by default. */
export async function status(services: ControlServices, call: Call<'status'>): Promise<StatusAnswer> {
  const found = await findRun(services, call.run, () => true);
  const stored = await services.store.find(found.id);
  const isAlive = async () =>
    found.endedAt === undefined && (await services.starter.isRunning(found.id, found.generation));
  const progress =
    stored === undefined
      ? undefined
      : runStatus(stored, (await services.store.read(found.id)).state, await isAlive());
  const entries = await services.queue.list(found.target);
  // Who is not in the queue yet will be behind those who are.
  const waits =
    progress === undefined &&
    found.endedAt === undefined &&
    entries.findIndex(({ run }) => run === found.id) !== 0;
  return { ...summary(found), ...(waits ? { status: 'queued' as const } : {}), progress };
}

/** Bytes of an answer; a function can give 6 MB, in which this is a text once more. */
const MAX_FOLLOWED = 5 * 2 ** 20;

/** What has happened to a run since a version of its state, as much as an answer has room for. */
export async function follow(services: ControlServices, call: Call<'follow'>): Promise<Followed> {
  const { store, index, queue, blobs } = services;
  const found = await index.get(call.run);
  if (found === undefined) throw unknown(call.run);
  const ended = found.endedAt !== undefined;
  const refusal = found.refusal === undefined ? undefined : JSON.parse(found.refusal);
  const stored = refusal === undefined ? await store.find(call.run) : undefined;
  if (stored === undefined) {
    const entries = await queue.list(found.target);
    const at = entries.findIndex(({ run }) => run === call.run);
    return {
      before: entries.slice(0, Math.max(0, at)).map(({ run }) => run),
      progress: undefined,
      ended,
      refusal,
    };
  }
  const { version, state } = await store.read(call.run);
  // A commit that came after the state was read is told next time.
  const page = await pageOfEvents(store.eventsAfter(call.run, call.after), {
    ...{ after: call.after, told: call.told ?? 0, upTo: version },
    bytes: MAX_FOLLOWED - Buffer.byteLength(JSON.stringify(state)),
  });
  const progress = {
    ...page,
    state,
    record: await blobs.readUrl(blobKeys.record(call.run), URL_SECONDS),
  };
  return { before: [], progress, ended: ended && !page.more, refusal };
}

/** Where logs can be read. */
export async function logs({ index, blobs }: ControlServices, call: Call<'logs'>): Promise<LogFiles> {
  if ((await index.get(call.run)) === undefined) throw unknown(call.run);
  const files = call.paths.map(async (path) => ({
    path,
    url: await blobs.readUrl(blobKeys.file(call.run, path), URL_SECONDS),
  }));
  return { run: call.run, files: await Promise.all(files) };
}

/** Stops a run, wherever it is: after the answer nothing of it lands. Who asks again gets the same answer. */
export async function cancel(services: ControlServices, call: Call<'cancel'>): Promise<Cancelled> {
  const { store, index, queue, tokens, now } = services;
  const found = await findRun(services, call.run, ({ endedAt }) => endedAt === undefined);
  const run = found.id;
  if (found.endedAt !== undefined) {
    if (await wasCancelled(services, found)) return { run, result: 'cancelled' };
    throw refuse('run-ended', `run ${run} has ended`, 'its report says what it came to');
  }
  if ((await store.find(run)) === undefined) {
    const problem = { code: 'cancelled', message: call.why };
    await index.refuse(run, JSON.stringify([problem]), now());
    const waiting = (await queue.list(found.target)).find((entry) => entry.run === run);
    if (waiting?.token !== undefined) await tokens.succeed(waiting.token, {});
    // Prepared at this very moment: then it has a state that can be stopped.
    if ((await store.find(run)) === undefined) return cancelled(run, 'cancelled', call.why);
  }
  const result = await services.stop(run, call.why);
  await answerLanes(services, run);
  await stopBuilds(services, run);
  await releaseChecks(services, run);
  return cancelled(run, result, call.why);
}

async function wasCancelled({ store }: ControlServices, { id, refusal }: SubmittedRun): Promise<boolean> {
  if (refusal !== undefined) return wasCancelledEarly(JSON.parse(refusal));
  const stored = await store.find(id);
  return (
    stored !== undefined && runStatus(stored, (await store.read(id)).state, false).status === 'cancelled'
  );
}

function cancelled(run: string, result: Cancelled['result'], why: string): Cancelled {
  log.info('cancel', `a cancel of the run: ${result}`, { run, result, why });
  return { run, result };
}

/** Counts a gate of an item as passed, and gives lanes that wait what there is to do then. */
export async function override(services: ControlServices, call: Call<'override'>): Promise<OverriddenGate> {
  const { store, index } = services;
  const { run, item, gate, user, reason, by = null } = call;
  const found = await index.get(run);
  if (found === undefined) throw unknown(run);
  if ((await store.find(run)) === undefined)
    throw found.endedAt === undefined
      ? refuse('not-begun', `run ${run} has not begun`, 'wait until it has')
      : refuse('run-ended', `run ${run} has never begun`, 'see lex-pr report');
  const warnings = await overrideInRun(services, run, { item, gate, user, reason, by });
  return { run, item, gate, user, warnings };
}

/** Goes on with a run whose execution has ended before it was done. */
export async function resume(services: ControlServices, call: Call<'resume'>): Promise<Submitted> {
  const { index, starter } = services;
  const found = await findRun(services, call.run, ({ endedAt }) => endedAt === undefined);
  if (found.endedAt !== undefined)
    throw refuse('run-ended', `run ${found.id} has ended`, 'start another with lex-pr merge');
  if (await starter.isRunning(found.id, found.generation))
    throw refuse('run-in-progress', `run ${found.id} is going on`, 'follow it with lex-pr status');
  await index.advance(found.id, found.generation, false);
  const now = await index.get(found.id);
  const generation = now?.generation ?? found.generation;
  await starter.start(found, generation);
  log.info('resumed', 'the run goes on in a new execution', { run: found.id, generation });
  return { run: found.id, created: false };
}

/** The files of a run that has ended. */
export async function report(services: ControlServices, call: Call<'report'>): Promise<ReportFiles> {
  const { blobs } = services;
  const hasReport = ({ endedAt, refusal }: SubmittedRun) => endedAt !== undefined && refusal === undefined;
  const found = await findRun(services, call.run, hasReport);
  if (found.endedAt === undefined)
    throw refuse('no-report', `run ${found.id} has not ended`, 'ask again when it has: its status says so');
  if (found.refusal !== undefined)
    throw refuse('no-report', `run ${found.id} ${whyNotBegun(JSON.parse(found.refusal))}`);
  const folder = blobKeys.file(found.id, '');
  const after = Buffer.from(folder + (call.from ?? ''));
  const keys = (await blobs.list(folder)).filter((key) => Buffer.compare(Buffer.from(key), after) > 0);
  const page = keys.slice(0, FILES_A_PAGE);
  const files = page.map(async (key) => ({
    path: key.slice(folder.length),
    url: await blobs.readUrl(key, URL_SECONDS),
  }));
  const next = keys.length === page.length ? undefined : page.at(-1)?.slice(folder.length);
  return { run: found.id, files: await Promise.all(files), next };
}

async function findRun(
  { index }: ControlServices,
  id: string | undefined,
  isWanted: (run: SubmittedRun) => boolean,
): Promise<SubmittedRun> {
  if (id !== undefined) {
    const found = await index.get(id);
    if (found === undefined) throw unknown(id);
    return found;
  }
  for (let from: string | undefined; ; ) {
    const page = await index.page(50, from);
    const found = page.runs.find(isWanted);
    if (found !== undefined) return found;
    if (page.next === undefined)
      throw refuse('no-runs', 'there is no such run', 'start one with lex-pr merge');
    from = page.next;
  }
}

const unknown = (run: string) =>
  refuse(
    'unknown-run',
    `there is no run ${run}`,
    'see `lex-pr status`, or `GET /runs`; runs are kept for a time only',
  );

const refusalStatus = (refusal: string) => (wasCancelledEarly(JSON.parse(refusal)) ? 'cancelled' : 'refused');

function summary({ id, target, submittedAt, endedAt, refusal }: SubmittedRun): RunSummary {
  const [repository, branch] = JSON.parse(target);
  return {
    runId: id,
    status: refusal !== undefined ? refusalStatus(refusal) : endedAt !== undefined ? 'ended' : 'running',
    target: branch,
    repository,
    submittedAt: new Date(submittedAt).toISOString(),
    endedAt: endedAt === undefined ? null : new Date(endedAt).toISOString(),
  };
}
