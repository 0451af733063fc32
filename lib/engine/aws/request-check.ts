import type { Callback } from '../../callbacks/callback';
import type { WaiterStore } from '../../callbacks/store';
import { decodeState } from '../../run/codec';
import type { RunState } from '../../run/state';
import type { TurnStore } from '../../run/turn-store';
import { type Blobs, blobKeys } from './blobs';
import { bundlesFor } from './bundle-keys';
import { type CheckTask, checksOf } from './check-tasks';
import type { CheckCall } from './protocol';
import type { LoadRun, RunContext } from './run-context';
import { testedBy } from './tested';
import type { Tokens } from './tokens';

/** What whoever runs a check is told: the detail of an event. Fields are added, never renamed or removed. */
export interface CheckRequest {
  readonly callback: {
    readonly id: string;
    readonly url: string;
    readonly key: string;
    /** ISO 8601. */
    readonly expires: string;
  };
  readonly gate: string;
  /** Null for the woven commit. */
  readonly item: string | null;
  readonly run: string;
  readonly repository: string;
  readonly target: string;
  /** What is to be tested; both are in the bundles that the document names. */
  readonly commit: string;
  readonly tree: string;
  /** A URL that gives the `CheckDocument`. */
  readonly document: string;
}

/** All that is too long for an event. */
export interface CheckDocument extends Omit<CheckRequest, 'callback' | 'gate' | 'document'> {
  readonly gate: {
    readonly name: string;
    readonly run: string;
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
  };
  /** What the target named when the run began. */
  readonly base: string;
  /** URLs of git bundles, in the order in which they are unbundled; the first has all of the base's history. */
  readonly bundles: readonly string[];
}

export interface CheckServices {
  readonly store: TurnStore;
  readonly callbacks: WaiterStore;
  readonly blobs: Blobs;
  readonly tokens: Tokens;
  readonly loadRun: LoadRun;
  readonly now: () => number;
  /** Of the API, which answers are sent to. */
  readonly apiUrl: string;
  /** Tells those who run checks. */
  readonly publish: (request: CheckRequest) => Promise<void>;
}

/**
 * Has a check carried out that a lane holds: notes the task token that waits, and asks for the check, unless that was
 * done before. Where there is nothing to wait for, the token is answered at once. May be done twice: then whoever
 * runs the check may be asked twice, about the same callback.
 * @throws what the services throw; another try goes on
 */
export async function requestCheck(services: CheckServices, call: CheckCall): Promise<void> {
  const { store, callbacks, tokens, now } = services;
  const run = await services.loadRun(call.run);
  const read = async () => decodeState(run.load, (await store.read(call.run)).state);
  const check = heldBy(run, await read(), call);
  if (check === undefined) return tokens.succeed(call.token, {});
  const { generation, k, calls, retry, token } = call;
  await callbacks.attach(call.run, check.place, { token, since: now() }, [generation, k, calls, retry]);
  // After that: who answers or cancels looks for the token after having written what it did.
  const state = await read();
  const callback = await callbacks.get(call.run, check.place);
  const isWanted = heldBy(run, state, call) !== undefined && state.stopping === undefined;
  if (!isWanted || callback === undefined || callback.end !== undefined || now() >= callback.expiresAt)
    return tokens.succeed(token, {});
  if (callback.requested) return;
  await services.publish(await describe(services, run, state, check, callback));
  await callbacks.markRequested(call.run, check.place, callback.id);
}

/** The check that a lane holds at this turn. */
function heldBy(run: RunContext, state: RunState, call: CheckCall): CheckTask | undefined {
  const lane = state.lanes[call.lane];
  if (state.generation !== call.generation || lane?.turn !== call.turn) return undefined;
  return checksOf(run, state, lane.work)[0];
}

/** The longest that a URL can be good for; those of a function end with its credentials, which may be sooner. */
const MAX_URL_SECONDS = 7 * 86_400;

async function describe(
  { blobs, apiUrl, now }: CheckServices,
  run: RunContext,
  state: RunState,
  { task, index, place }: CheckTask,
  { id, key, url, expiresAt }: Callback,
): Promise<CheckRequest> {
  const { record, names } = run;
  const tested = testedBy(run, state, index);
  if (tested.kind !== 'clean') throw new Error('only a clean candidate can be tested');
  const seconds = Math.min(MAX_URL_SECONDS, Math.max(1, Math.ceil((expiresAt - now()) / 1000)));
  const { name, run: command, cwd, env } = task.gate;
  const about = {
    item: task.item < 0 ? null : names[task.item]!,
    run: record.id,
    repository: record.plan.repository,
    target: record.plan.target,
    commit: tested.commit,
    tree: tested.tree,
  };
  const bundles = await bundlesFor(blobs, run, state, [index]);
  const document: CheckDocument = {
    ...about,
    gate: { name, run: command, cwd, env },
    base: record.base,
    bundles: await Promise.all(bundles.map((bundle) => blobs.readUrl(bundle, seconds))),
  };
  const file = blobKeys.check(record.id, place);
  await blobs.put(file, JSON.stringify(document), 'application/json');
  return {
    callback: { id, url: apiUrl + url, key, expires: new Date(expiresAt).toISOString() },
    gate: name,
    ...about,
    document: await blobs.readUrl(file, seconds),
  };
}

/**
 * Lets lanes of a run that was stopped go on that wait for checks: nobody needs their answers any more.
 */
export async function releaseChecks(
  { store, callbacks, tokens, loadRun }: Pick<CheckServices, 'store' | 'callbacks' | 'tokens' | 'loadRun'>,
  id: string,
): Promise<void> {
  const run = await loadRun(id);
  const state = decodeState(run.load, (await store.read(id)).state);
  await releaseLanes({ callbacks, tokens }, run, state, [...state.lanes.keys()]);
}

/** The same for some lanes of a run that goes on. May be done twice. */
export async function releaseLanes(
  { callbacks, tokens }: Pick<CheckServices, 'callbacks' | 'tokens'>,
  run: RunContext,
  state: RunState,
  lanes: readonly number[],
): Promise<void> {
  for (const { place } of lanes.flatMap((lane) => checksOf(run, state, state.lanes[lane]!.work))) {
    const waiter = await callbacks.waiter(run.record.id, place);
    if (waiter !== undefined) await tokens.succeed(waiter.token, {});
  }
}
