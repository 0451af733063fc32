import { blobKeys } from '../engine/aws/blobs';
import type { ControlServices } from '../engine/aws/control';
import { submit, upload } from '../engine/aws/control';
import { planName } from '../engine/aws/kept-plan';
import { readDocument } from '../engine/aws/read-plan';
import type { RunRequest } from '../engine/aws/request';
import { submissionSchema } from '../engine/aws/request';
import { refuse } from '../errors';
import type { HttpRequest, HttpResponse } from './http';
import { json, refusal } from './http';
import { linksOf } from './links';

/** Bytes of a plan that a request can bring: a function is handed 6 MB at most, in base64 perhaps. */
export const MAX_PLAN_BYTES = 5_000_000;

const TYPES = ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'];
export const PLAN_TYPES: readonly string[] = TYPES;

/** A place for a plan that is too long for a request. */
export async function placeForPlan(
  services: ControlServices,
  { headers }: HttpRequest,
): Promise<HttpResponse> {
  const { run, plan, url } = await upload(services, { action: 'upload', ...keyOf(headers) });
  return json(201, { upload: `${run}.${plan}`, url });
}

/** Starts a run of the plan in the body, or of one that was put to its place before. */
export async function startRun(
  services: ControlServices,
  request: HttpRequest,
  asked: RunRequest,
  uploaded: string | undefined,
): Promise<HttpResponse> {
  if (uploaded !== undefined) {
    if (request.body !== '')
      throw refuse('two-plans', 'there is a plan in the body, and `upload` names another');
    const [run = '', plan = ''] = uploaded.split('.');
    return submitOnce(services, run, plan, asked);
  }
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  if (!TYPES.includes(type)) {
    const message = `a plan is ${TYPES.slice(0, 2).join(' or ')}, not ${type === '' ? 'without a type' : type}`;
    return refusal(415, [{ code: 'media-type', message, hint: 'set the header Content-Type' }]);
  }
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const charset = parameters
    .find((part) => part.startsWith('charset='))
    ?.replace(/^charset="?([^"]*)"?$/, '$1');
  if (encoding.toLowerCase() !== 'identity' || (charset ?? 'utf-8') !== 'utf-8') {
    const message = `a plan is UTF-8 and not compressed, not ${charset ?? 'utf-8'}, ${encoding}`;
    return refusal(415, [{ code: 'media-type', message, hint: 'send the text as it is' }]);
  }
  if (Buffer.byteLength(request.body) > MAX_PLAN_BYTES) {
    const message = `a plan in a request has ${MAX_PLAN_BYTES} bytes at most`;
    return refusal(413, [{ code: 'too-large', message, hint: 'POST /uploads gives a place for it' }]);
  }
  const { run, plan } = await upload(services, { action: 'upload', ...keyOf(request.headers) });
  await services.blobs.put(blobKeys.plan(run, plan), request.body, 'text/plain; charset=utf-8');
  return submitOnce(services, run, plan, asked);
}

/** Starts a run of the plan that was put to a place, or finds that the same has been asked for before. */
async function submitOnce(
  services: ControlServices,
  run: string,
  plan: string,
  asked: RunRequest,
): Promise<HttpResponse> {
  const answer = await submit(services, { action: 'submit', run, plan, request: asked });
  if (!answer.created) await refuseOther(services, run, await readDocument(services.blobs, run, plan), asked);
  return submitted(answer);
}

/** A key stands for one request; with another plan it would start nothing, unseen. */
async function refuseOther(
  { index }: ControlServices,
  run: string,
  document: Buffer,
  asked: RunRequest,
): Promise<void> {
  const known = await index.get(run);
  if (known === undefined) return;
  // Whether it is a hot-fix the plan says.
  const { plan, hotfix: _, ...before } = submissionSchema.parse(JSON.parse(known.request));
  const requested = { ...asked, schedule: null };
  if (plan === planName(document) && JSON.stringify(sorted(before)) === JSON.stringify(sorted(requested)))
    return;
  throw refuse(
    'key-reused',
    `this Idempotency-Key was used for another plan or with other parameters: run ${run}`,
    'use a new key for a new run',
  );
}

const sorted = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

const submitted = ({ run, created }: { run: string; created: boolean }): HttpResponse =>
  json(202, { run, created, links: linksOf(run) }, { location: linksOf(run).self });

function keyOf(headers: HttpRequest['headers']): { idempotencyKey?: string } {
  const key = headers['idempotency-key'];
  return key === undefined ? {} : { idempotencyKey: key };
}
