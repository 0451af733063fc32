import type { HttpRequest } from '../../lib/api/http';
import type { Callback } from '../../lib/callbacks/callback';
import { signatureOf } from '../../lib/callbacks/signature';

/** How a request differs from the right one. */
export interface Deviation {
  readonly method?: string;
  readonly type?: string;
  /** Milliseconds since the epoch at which it was signed; default: now. */
  readonly at?: number;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type To = Pick<Callback, 'id' | 'key'>;

/** The headers of an answer. */
export function headersFor(to: To, body: string, { at, key, type, headers }: Deviation = {}) {
  const timestamp = String(Math.floor((at ?? Date.now()) / 1000));
  return {
    'content-type': type ?? 'application/json',
    'x-lex-pr-timestamp': timestamp,
    'x-lex-pr-signature': signatureOf(key ?? to.key, { timestamp, id: to.id, body }),
    ...headers,
  };
}

/** @param answer as text, it is the body */
export function answerTo(to: To, answer: object | string, deviation: Deviation = {}): HttpRequest {
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return {
    method: deviation.method ?? 'POST',
    path: `/callbacks/${to.id}`,
    query: {},
    headers: headersFor(to, body, deviation),
    body,
    caller: undefined,
  };
}
