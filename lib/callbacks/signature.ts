import { createHmac, timingSafeEqual } from 'node:crypto';

export const TIMESTAMP_HEADER = 'X-Lex-Pr-Timestamp';
export const SIGNATURE_HEADER = 'X-Lex-Pr-Signature';

export interface Signed {
  /** Seconds since the epoch, in digits. */
  readonly timestamp: string;
  /** Of the callback. */
  readonly id: string;
  readonly body: string;
}

/**
 * The signature of an answer: HMAC-SHA-256 of `timestamp.id.body`. The key counts as the text that it is, so that
 * `openssl dgst -hmac` takes it.
 */
export function signatureOf(key: string, { timestamp, id, body }: Signed): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${id}.${body}`).digest('hex')}`;
}

/** Whether a signature is the right one, in a time that tells nothing of how wrong it is. */
export function isSignature(given: string, key: string, signed: Signed): boolean {
  const [right, found] = [signatureOf(key, signed), given].map((text) => Buffer.from(text));
  return found!.length === right!.length && timingSafeEqual(found!, right!);
}
