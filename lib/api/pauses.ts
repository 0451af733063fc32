import * as z from 'zod';
import { listPauses, pauseTargets, unpauseTargets } from '../engine/aws/pause-targets';
import { overrideFields } from '../engine/aws/request';
import { BRANCH_NAME } from '../plan/branch-name';
import { json } from './http';
import { type Route, route } from './route';
import { Paused, Pauses } from './schemas';

/** Whatever its characters are, a request with it fits into what servers take (10 KB on API Gateway, 8 KB on others). */
const MAX_URL = 1_024;

const none = z.strictObject({});
const place = {
  target: z
    .string()
    .regex(BRANCH_NAME, { error: 'not a branch name that git accepts' })
    .refine((target) => !target.startsWith('refs/heads/'), {
      error: 'the name of a branch, as plans have it: main, not refs/heads/main',
    })
    .optional()
    .describe('A branch, with its repository. Without both: every target of the stack.'),
  repository: z.string().min(1).max(MAX_URL).optional().describe('The URL of the repository of the target.'),
};
const pausing = z.strictObject({ ...place, reason: overrideFields.reason.describe('Why, for the report.') });

const placeOf = ({
  target,
  repository,
}: {
  target?: string | undefined;
  repository?: string | undefined;
}) => ({
  target: target ?? null,
  repository: repository ?? null,
});

/** What holds landings on targets. */
export const pauseRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/pauses',
    id: 'listPauses',
    summary: 'What holds landings now.',
    params: none,
    query: none,
    answers: { 200: { description: 'The pauses.', types: { 'application/json': Pauses } } },
    refusals: [],
    act: async (services) => json(200, await listPauses(services)),
  }),
  route({
    method: 'POST',
    path: '/pauses',
    id: 'pause',
    summary: 'Holds all landings on a target, or on every one, until the pause is ended; gates go on.',
    params: none,
    query: none,
    body: { required: true, types: { 'application/json': pausing } },
    answers: { 200: { description: 'It is paused.', types: { 'application/json': Paused } } },
    refusals: [409, 415],
    async act(services, { request }) {
      const { reason, ...asked } = pausing.parse(JSON.parse(request.body || 'null'));
      const why = `by ${request.caller?.slice(0, 255) ?? 'somebody'}: ${reason}`;
      return json(200, await pauseTargets(services, { ...placeOf(asked), why }));
    },
  }),
  route({
    method: 'DELETE',
    path: '/pauses',
    id: 'unpause',
    summary: 'Ends a pause: what waited for that lands.',
    params: none,
    query: z.strictObject(place),
    answers: { 200: { description: 'It has ended.', types: { 'application/json': Paused } } },
    refusals: [409],
    act: async (services, { query }) => json(200, await unpauseTargets(services, placeOf(query))),
  }),
];
