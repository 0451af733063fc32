import { randomBytes } from 'node:crypto';
import type { Answer } from './answer';

/** A check that runs elsewhere: who was asked, and what came back. */
export interface Callback {
  readonly id: string;
  /** Signs the answer; nobody but whoever runs the check is told. */
  readonly key: string;
  /** Where the answer goes (HTTP POST); on AWS without the URL of the API. */
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly expiresAt: number;
  /** Whoever runs the check has been asked, for certain. */
  readonly requested: boolean;
  readonly end: CallbackEnd | undefined;
}

/** The end of a callback: one only, the first. `closed`: nobody waits for an answer any more. */
export type CallbackEnd =
  | { readonly kind: 'answered'; readonly at: number; readonly answer: Answer }
  | { readonly kind: 'closed'; readonly at: number };

/** Where a callback stands in its run: one attempt of one task, in one round where that is one of verification. */
export type Place = string;

export const placeOf = (
  { item }: { readonly item: number },
  task: number,
  attempt: number,
  round: number,
): Place => `${item < 0 ? round : 0}-${task}-${attempt}`;

/** A new callback for a place. */
export function newCallback(
  run: string,
  place: Place,
  base: string,
  now: number,
  timeoutSeconds: number,
): Callback {
  const id = `${run}.${place}.${randomBytes(8).toString('hex')}`;
  return {
    id,
    key: randomBytes(32).toString('hex'),
    url: `${base}/callbacks/${id}`,
    openedAt: now,
    expiresAt: now + Math.ceil(timeoutSeconds * 1000),
    requested: false,
    end: undefined,
  };
}

const ID = /^([A-Za-z0-9][A-Za-z0-9_-]{0,49})\.(\d{1,10}-\d{1,10}-\d{1,10})\.[0-9a-f]{16}$/;

/** Where a callback of this id would be; undefined for what is no id of ours. */
export function addressOf(id: string): { readonly run: string; readonly place: Place } | undefined {
  const [, run, place] = ID.exec(id) ?? [];
  return run === undefined || place === undefined ? undefined : { run, place };
}
