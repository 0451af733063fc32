import { decodeState, encodeState } from '../../run/codec';
import type { Input } from '../../run/messages';
import { ItemStatus, type RunState } from '../../run/state';
import { step, stopRun } from '../../run/step';
import { StaleVersionError } from '../../run/store';
import { log } from './function-log';
import { logEvents } from './log-events';
import type { MergeCall } from './merge-run';
import { type ReportServices, reportRun } from './report-run';
import { takeOver } from './take-over';

export interface GiveUpServices extends ReportServices {
  readonly now: () => number;
  /** Calls `mergeForLane`, where the repository is at hand. @returns why it failed, if it did */
  readonly merge: (call: MergeCall) => Promise<string | undefined>;
}

/**
 * Ends a run that cannot be carried on: what is not decided failed, and the next run of the target gets its turn.
 * As with a cancel, a push that is still on its way does not arrive after that. Safe to repeat.
 * @param cause a sentence
 */
export async function giveUp(
  services: GiveUpServices,
  failed: { readonly run: string; readonly generation: number },
  cause: string,
): Promise<void> {
  const { store, index, now } = services;
  const { run, generation } = failed;
  log.error('gave-up', 'the run is given up', { why: cause });
  if ((await store.find(run)) === undefined) {
    await index.refuse(run, JSON.stringify([{ code: 'engine-fault', message: cause }]), now());
  } else {
    const { load, record } = await services.loadRun(run);
    await takeOver(services, load, record, generation + 1);
    await bringToEnd(services, run, cause);
  }
  await reportRun(services, failed);
}

/** Stops the run, and takes the turns that are left of it: those in which a landing tells whether it was faster. */
async function bringToEnd(services: GiveUpServices, run: string, cause: string): Promise<void> {
  const { store, now } = services;
  const context = await services.loadRun(run);
  const { load } = context;
  for (;;) {
    const { version, state: text } = await store.read(run);
    const state = decodeState(load, text);
    if (state.phase === 'done' && state.unfinishedTasks === 0) return;
    const isLanding = state.phase === 'land' && state.stopping !== undefined;
    const taken = isLanding
      ? step(load, state, [await turnOf(services, run, state)], now())
      : stopRun(load, state, ItemStatus.engineFault, cause, now());
    try {
      await store.commit(run, version, encodeState(taken.state), taken.events);
      logEvents(context, taken.state, taken.events);
    } catch (error) {
      if (!(error instanceof StaleVersionError)) throw error;
    }
  }
}

/** The next turn of the first lane, after what it holds has been done. There are no lanes but ours any more. */
async function turnOf(
  { store, merge }: GiveUpServices,
  run: string,
  { generation, lanes }: RunState,
): Promise<Input> {
  const { turn, work } = lanes[0]!;
  const next = { kind: 'next', lane: 0, generation, turn: turn + 1 } as const;
  if (work === undefined) return { ...next, results: [] };
  const failure = await merge({ run, generation, lane: 0, turn });
  const { results } = await store.readTurns(run);
  const own = results.find((row) => row.lane === 0 && row.generation === generation && row.turn === turn);
  if (own !== undefined) return { ...next, results: own.results };
  return { ...next, results: [], lost: failure ?? 'it left no result' };
}
