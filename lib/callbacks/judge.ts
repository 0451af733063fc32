import { randomBytes } from 'node:crypto';
import type { HttpRequest } from '../api/http';
import type { Problem } from '../errors';
import { requestProblems } from '../request-problems';
import { type Answer, answerSchema, MAX_ANSWER_BYTES, sameAnswer } from './answer';
import type { Callback } from './callback';
import { isSignature, SIGNATURE_HEADER, TIMESTAMP_HEADER } from './signature';

/** `accept`: the first valid answer. `repeat`: it is there already, and says the same. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  | { readonly kind: 'accept' | 'repeat'; readonly answer: Answer };

export interface Refusal {
  /** Of HTTP. */
  readonly status: number;
  readonly problems: readonly Problem[];
}

/** How far the clock of whoever signs may be off, and how long a recorded request is good for, in seconds. */
export const CLOCK_SECONDS = 300;

/** What is wrong with a request before it is known what it answers. */
export function wrongForm({ method, headers, body }: HttpRequest): Refusal | undefined {
  if (method !== 'POST') return refuse(405, 'method', `an answer is sent by POST, not by ${method}`);
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') return refuse(415, 'media-type', 'an answer is application/json');
  if (Buffer.byteLength(body) > MAX_ANSWER_BYTES) return tooLarge;
  return undefined;
}

export const tooLarge: Refusal = {
  status: 413,
  problems: [
    {
      code: 'too-large',
      message: `an answer has ${MAX_ANSWER_BYTES} bytes at most`,
      hint: 'send the end of the log, and a link to the whole in `url`',
    },
  ],
};

/** For an id that is unknown, so that it takes as long to refuse it as a wrong signature. */
const NO_KEY = randomBytes(32).toString('hex');

/**
 * What an answer in the right form comes to. Whoever cannot sign learns nothing, not even whether there is such
 * a callback.
 * @param callback what is known of it; undefined for nothing
 * @param now milliseconds since the epoch
 */
export function judge(
  request: HttpRequest,
  id: string,
  callback: Callback | undefined,
  now: number,
): Verdict {
  const timestamp = request.headers[TIMESTAMP_HEADER.toLowerCase()] ?? '';
  const signature = request.headers[SIGNATURE_HEADER.toLowerCase()] ?? '';
  const isSigned = isSignature(signature, callback?.key ?? NO_KEY, { timestamp, id, body: request.body });
  if (callback === undefined || !isSigned)
    return refused(401, 'signature', 'there is no such callback, or the signature is not of its key');
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Number(timestamp) - now / 1000) > CLOCK_SECONDS)
    return refused(
      401,
      'timestamp',
      `${TIMESTAMP_HEADER} is not the time of now, in seconds since 1970`,
      `sign again; clocks may differ by ${CLOCK_SECONDS} s`,
    );
  const parsed = parse(request.body);
  if (!('answer' in parsed)) return { kind: 'refuse', refusal: { status: 400, ...parsed } };
  return against(callback, parsed.answer, now);
}

function parse(body: string): { answer: Answer } | { problems: Problem[] } {
  try {
    const { data, error } = answerSchema.safeParse(JSON.parse(body));
    if (data !== undefined) return { answer: data };
    return { problems: requestProblems(error, 'body', Object.keys(answerSchema.shape)) };
  } catch (error) {
    return { problems: [{ code: 'syntax', message: (error as Error).message, path: 'body' }] };
  }
}

/** What a valid answer is worth: only the first one counts, and only in time. */
export function against({ end, expiresAt }: Callback, answer: Answer, now: number): Verdict {
  if (end?.kind === 'answered') {
    if (sameAnswer(end.answer, answer)) return { kind: 'repeat', answer };
    return refused(409, 'answered', 'this callback was answered before, and otherwise');
  }
  if (end !== undefined || now >= expiresAt)
    return refused(410, 'expired', 'nobody waits for this answer any more');
  return { kind: 'accept', answer };
}

const refuse = (status: number, code: string, message: string, hint?: string): Refusal => ({
  status,
  problems: [{ code, message, ...(hint !== undefined && { hint }) }],
});

const refused = (...args: Parameters<typeof refuse>): Verdict => ({
  kind: 'refuse',
  refusal: refuse(...args),
});
