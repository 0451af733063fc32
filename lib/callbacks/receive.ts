import { type HttpRequest, type HttpResponse, json, refusal } from '../api/http';
import { addressOf, type Callback, type Place } from './callback';
import { against, judge, type Refusal, wrongForm } from './judge';
import type { CallbackStore } from './store';

export interface Receiving {
  readonly callbacks: CallbackStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether a run still waits for answers. */
  readonly isOpen: (run: string) => Promise<boolean>;
  /** Tells whoever waits that there is an answer. Called again for an answer that is repeated. */
  readonly onAnswer: (run: string, place: Place, callback: Callback) => Promise<void>;
}

/**
 * Takes in the answer of a check that runs elsewhere: stores it, once, and wakes whoever waits for it. An answer
 * that is repeated gets the same reply, and wakes again, should that have been lost.
 * @throws what the services throw; whoever answers is to try again then
 */
export async function receiveCallback(
  services: Receiving,
  id: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { callbacks, now } = services;
  const wrong = wrongForm(request);
  if (wrong !== undefined) return asResponse(wrong);
  const address = addressOf(id);
  const found = address && (await callbacks.get(address.run, address.place));
  const known = found?.id === id ? found : undefined;
  const verdict = judge(request, id, known, now());
  if (verdict.kind === 'refuse') return asResponse(verdict.refusal);
  // An answer to nothing is refused.
  const { run, place } = address!;
  let callback = known!;
  if (verdict.kind === 'accept') {
    const at = now();
    const end = { kind: 'answered', at, answer: verdict.answer } as const;
    const isOpen = await services.isOpen(run);
    const ended = isOpen ? await callbacks.end(run, place, id, end) : undefined;
    // Another answer, or the time limit, may have been faster.
    callback = ended ?? { ...callback, end: { kind: 'closed', at } };
    const judged = against(callback, verdict.answer, at);
    if (judged.kind === 'refuse') return asResponse(judged.refusal);
  }
  await services.onAnswer(run, place, callback);
  return json(200, { id, status: verdict.answer.status });
}

export const asResponse = ({ status, problems }: Refusal): HttpResponse =>
  refusal(status, problems, status === 405 ? { allow: 'POST' } : {});
