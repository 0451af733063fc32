import type { Control } from '../../engine/aws/control-client';
import type { Followed } from '../../engine/aws/control-protocol';
import { createContext, type RunContext } from '../../engine/aws/run-context';
import { downloadText } from '../../engine/aws/transfer';
import type { Problem } from '../../errors';
import { decodeState } from '../../run/codec';
import type { RunEvent } from '../../run/messages';
import { decodeRecord } from '../../run/record';
import type { RunState } from '../../run/state';
import { recorded } from '../recorded';

/** Resolves after so many ms; rejects when the signal is aborted. */
export type Pause = (
  ms: number,
  value: undefined,
  options: { readonly signal: AbortSignal },
) => Promise<unknown>;

export interface Watching {
  readonly control: Pick<Control, 'follow'>;
  readonly run: string;
  /** Told what the run is about, once it has begun; what it returns is told all that happens. */
  readonly open: (run: RunContext) => Show;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
  readonly pause: Pause;
}

/** Shows what has happened, and what the state of the run is then. */
export type Show = (events: readonly RunEvent[], state: RunState) => void | Promise<void>;

export type WatchEnd =
  | { readonly end: 'ended' | 'detached'; readonly refusal?: undefined }
  | { readonly end: 'refused'; readonly refusal: readonly Problem[] };

/** Between two looks at a run, in ms; while nothing happens each pause is half as long again, up to the last. */
const PAUSES = { first: 1_000, last: 10_000 };

/**
 * Shows what happens to a run until it ends or the signal says to stop looking. The engine itself waits for nothing
 * by the clock: this is the display only.
 */
export async function watchRun({ control, run, open, note, signal, pause }: Watching): Promise<WatchEnd> {
  let wait = PAUSES.first;
  let place = { after: 0, told: 0 };
  let line = '';
  let show: ((progress: Progress) => void | Promise<void>) | undefined;
  while (!signal.aborted) {
    const found = await unlessAborted(control.follow({ run, ...place }), signal);
    if (found === undefined) break;
    if (found.refusal !== undefined) return { end: 'refused', refusal: found.refusal };
    const { before, progress } = found;
    wait = Math.min(PAUSES.last, wait * 1.5);
    if (before.join() !== line) {
      line = before.join();
      wait = PAUSES.first;
      if (before.length > 0) note(waitsFor(run, before));
    }
    if (progress !== undefined && (progress.more || progress.version > place.after)) {
      show ??= await openDisplay(run, progress.record, open);
      await show(progress);
      place = { after: progress.version, told: progress.told };
      wait = PAUSES.first;
      if (progress.more) continue;
    }
    if (found.ended) return { end: 'ended' };
    await pause(wait, undefined, { signal }).catch(() => {});
  }
  return { end: 'detached' };
}

type Progress = NonNullable<Followed['progress']>;

/** Names a few of the runs that come first. */
function waitsFor(run: string, before: readonly string[]): string {
  const more = before.length > 5 ? ` and ${before.length - 5} more` : '';
  return `run ${run} waits for its target: ${before.slice(0, 5).join(', ')}${more} before it`;
}

/** Characters of a plan's record, at most. */
const MAX_RECORD = 2 ** 28;

async function openDisplay(run: string, url: string, open: Watching['open']) {
  const text = await downloadText(url, MAX_RECORD, 'the record of the run');
  const context = recorded(run, () => {
    const stored = JSON.parse(text);
    return createContext(decodeRecord(stored.record), stored.facts);
  });
  const show = open(context);
  return ({ events, state }: Progress) =>
    show(
      events,
      recorded(run, () => decodeState(context.load, state)),
    );
}

/** What is asked for, or undefined as soon as the signal is aborted. */
async function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([asked, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // Nobody may be waiting for it any more.
    asked.catch(() => {});
  }
}
