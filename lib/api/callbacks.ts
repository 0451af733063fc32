import * as z from 'zod';
import { answerSchema } from '../callbacks/answer';
import { receiveCallback } from '../callbacks/receive';
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../callbacks/signature';
import type { ControlServices } from '../engine/aws/control';
import { isStopped } from '../run/codec';
import { route } from './route';
import { Answered } from './schemas';

/** Answers of checks that run elsewhere. Whoever sends them has no account here: they are signed. */
export const callbackRoute = route({
  method: 'POST',
  path: '/callbacks/{id}',
  id: 'answerCheck',
  summary: 'The answer of a check that runs elsewhere.',
  params: z.strictObject({ id: z.string().max(200).describe('Of the callback.') }),
  query: z.strictObject({}),
  headers: {
    [TIMESTAMP_HEADER]: z.string().optional().describe('Now, in seconds since 1970.'),
    [SIGNATURE_HEADER]: z
      .string()
      .optional()
      .describe('`sha256=` and the HMAC-SHA-256 of `timestamp.id.body`, in hex.'),
  },
  body: { required: true, types: { 'application/json': answerSchema } },
  isSigned: true,
  answers: { 200: { description: 'It counts.', types: { 'application/json': Answered } } },
  refusals: [401, 409, 410, 413, 415],
  act: (services, { params, request }) => receiveCallback(receiving(services), params.id, request),
});

function receiving({ callbacks, store, index, tokens, now }: ControlServices) {
  return {
    callbacks,
    now,
    async isOpen(run: string) {
      if ((await index.get(run))?.endedAt !== undefined) return false;
      return !isStopped((await store.read(run)).state);
    },
    async onAnswer(run: string, place: string) {
      const waiter = await callbacks.waiter(run, place);
      // Without one the check is still being asked for, and whoever does that finds the answer.
      if (waiter !== undefined) await tokens.succeed(waiter.token, {});
    },
  };
}
