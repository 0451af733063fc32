import * as z from 'zod';
import { cancel, list, override as overrideRun, status } from '../engine/aws/control';
import { queuedRuns } from '../engine/aws/queued-runs';
import { overrideFields, requestSchema } from '../engine/aws/request';
import { stackMetrics } from '../engine/aws/stack-metrics';
import { planSchema } from '../plan/schema';
import { ReportSchema } from '../report/report';
import { exposition } from '../telemetry/exposition';
import { callbackRoute } from './callbacks';
import { json } from './http';
import { linksOf } from './links';
import { pauseRoutes } from './pauses';
import { readReport } from './read-report';
import { type Route, route } from './route';
import { Cancelled, Overridden, Queue, Run, Runs, Submitted, Upload } from './schemas';
import { PLAN_TYPES, placeForPlan, startRun } from './start-run';

const EXPOSITION_TYPE = 'text/plain';
const none = z.strictObject({});
const run = z.strictObject({
  run: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/, { error: 'not the id of a run' }),
});
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const key = {
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('The run is the same for every request that brings the same key.'),
};
const text = z.string();
const override = z.strictObject(overrideFields);
const cancelling = z.strictObject({
  reason: overrideFields.reason.optional().describe('Why, for the report.'),
});

/** As people write numbers: neither hexadecimal nor with an exponent. */
const workers = z.preprocess(
  (text) => (/^[0-9]{1,9}$/.test(String(text)) ? Number(text) : text),
  z.int().min(1).max(10_000),
);

const started = z.strictObject({
  execute: flag.optional().describe('Whether refs are moved; without it a dry run.'),
  gatesOnly: flag.optional().describe('Runs gates, and weaves nothing.'),
  maxWorkers: workers.optional().describe('Replaces policy.maxWorkers.'),
  repository: z.string().min(1).max(4_096).optional().describe('For a plan that names none.'),
  upload: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}\.[0-9a-f-]{36}$/, { error: 'not the id of an upload' })
    .optional()
    .describe('The plan that was put to this place; then the body is empty.'),
});

/** A plan as JSON has a schema; as YAML it is a text. */
const PLANS = Object.fromEntries(
  PLAN_TYPES.map((type) => [type, type === 'application/json' ? planSchema : text]),
);

/** All operations of the API. */
export const ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/uploads',
    id: 'createUpload',
    summary: 'A place for a plan that is too long for a request.',
    params: none,
    query: none,
    headers: key,
    answers: { 201: { description: 'The place.', types: { 'application/json': Upload } } },
    refusals: [],
    act: (services, { request }) => placeForPlan(services, request),
  }),
  route({
    method: 'POST',
    path: '/runs',
    id: 'startRun',
    summary: 'Starts a run of a plan.',
    params: none,
    query: started,
    headers: key,
    body: { required: false, types: PLANS },
    answers: { 202: { description: 'It is submitted.', types: { 'application/json': Submitted } } },
    refusals: [413, 415, 422],
    act: (services, { query: { upload, ...asked }, request }) =>
      startRun(services, request, requestSchema.parse(asked), upload),
  }),
  route({
    method: 'GET',
    path: '/runs',
    id: 'listRuns',
    summary: 'The runs of the stack, newest first.',
    params: none,
    query: z.strictObject({ from: z.string().max(1_000).optional().describe('`next` of the page before.') }),
    answers: { 200: { description: 'A page of runs.', types: { 'application/json': Runs } } },
    refusals: [],
    async act(services, { query: { from } }) {
      const { runs, next } = await list(services, { action: 'list', ...(from !== undefined && { from }) });
      return json(200, { runs: runs.map((found) => ({ ...found, links: linksOf(found.runId) })), next });
    },
  }),
  route({
    method: 'GET',
    path: '/queue',
    id: 'getQueue',
    summary: 'The runs that have not ended, in line on their targets.',
    params: none,
    query: none,
    answers: { 200: { description: 'The runs.', types: { 'application/json': Queue } } },
    refusals: [],
    async act(services) {
      const { runs } = await queuedRuns(services);
      return json(200, { runs: runs.map((found) => ({ ...found, links: linksOf(found.runId) })) });
    },
  }),
  route({
    method: 'GET',
    path: '/runs/{run}',
    id: 'getRun',
    summary: 'How far a run is.',
    params: run,
    query: none,
    answers: { 200: { description: 'The run.', types: { 'application/json': Run } } },
    refusals: [404],
    async act(services, { params }) {
      const found = await status(services, { action: 'status', run: params.run });
      return json(200, { ...found, links: linksOf(params.run) });
    },
  }),
  route({
    method: 'GET',
    path: '/runs/{run}/report',
    id: 'getReport',
    summary: 'The report of a run that has ended.',
    params: run,
    query: none,
    headers: {
      Accept: z.string().optional().describe('`application/json` (default) or `text/markdown`.'),
    },
    answers: {
      200: { description: 'The report.', types: { 'application/json': ReportSchema, 'text/markdown': text } },
      303: { description: 'It is long: read it there.', types: {} },
    },
    refusals: [404, 406, 409],
    act: (services, { params, request }) => readReport(services, params.run, request),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    summary: 'The metrics of all runs of the stack, in the Prometheus text format.',
    params: none,
    query: none,
    answers: { 200: { description: 'The metrics.', types: { [EXPOSITION_TYPE]: text } } },
    refusals: [],
    async act(services) {
      const body = exposition(await stackMetrics(services));
      return { status: 200, headers: { 'content-type': `${EXPOSITION_TYPE}; version=0.0.4` }, body };
    },
  }),
  route({
    method: 'POST',
    path: '/runs/{run}/cancel',
    id: 'cancelRun',
    summary: 'Ends a run; after the answer nothing of it lands.',
    params: run,
    query: none,
    body: { required: false, types: { 'application/json': cancelling } },
    answers: { 200: { description: 'What became of it.', types: { 'application/json': Cancelled } } },
    refusals: [404, 409, 415],
    async act(services, { params, request }) {
      const given = request.body === '' ? {} : cancelling.parse(JSON.parse(request.body));
      const by = `by ${request.caller ?? 'somebody'}`;
      const why = given.reason === undefined ? by : `${by}: ${given.reason}`;
      return json(200, await cancel(services, { action: 'cancel', run: params.run, why }));
    },
  }),
  route({
    method: 'POST',
    path: '/runs/{run}/override',
    id: 'overrideGate',
    summary: 'Counts a gate of an item as passed: a user whom the policy allows it answers for it.',
    params: run,
    query: none,
    body: { required: true, types: { 'application/json': override } },
    answers: { 200: { description: 'It counts as passed.', types: { 'application/json': Overridden } } },
    refusals: [403, 404, 409, 415],
    async act(services, { params, request }) {
      const asked = override.parse(JSON.parse(request.body || 'null'));
      const by = request.caller?.slice(0, 255) ?? null;
      return json(200, await overrideRun(services, { action: 'override', run: params.run, ...asked, by }));
    },
  }),
  ...pauseRoutes,
  callbackRoute,
];
