import * as z from 'zod';
import type { ControlServices } from '../engine/aws/control';
import { log, logWith } from '../engine/aws/function-log';
import { InputError } from '../errors';
import { requestProblems } from '../request-problems';
import { type HttpRequest, type HttpResponse, type ReceivedRequest, refusal } from './http';
import { refused } from './problems';
import type { Route } from './route';
import { ROUTES } from './routes';

/** Answers a request; what is wrong with it, and faults, are answers too. */
export function handle(services: ControlServices, request: ReceivedRequest): Promise<HttpResponse> {
  const { method, path, caller } = request;
  return logWith({ method, path, by: caller ?? null }, async () => {
    const answer = await answerTo(services, request);
    const { status } = answer;
    const isRead = method === 'GET' && status < 400;
    log[isRead ? 'debug' : 'info']('request', `${method} ${path}: ${status}`, { status });
    return answer;
  });
}

async function answerTo(services: ControlServices, request: ReceivedRequest): Promise<HttpResponse> {
  const { body } = request;
  if (body === undefined)
    return refusal(400, [{ code: 'encoding', message: 'the body is not UTF-8 text', path: 'body' }]);
  try {
    return await dispatch(services, { ...request, body });
  } catch (error) {
    if (error instanceof InputError) return refused(error.problems);
    if (error instanceof z.ZodError) return refusal(400, requestProblems(error, 'body'));
    log.error('fault', String(error), { error });
    return refusal(500, [{ code: 'fault', message: 'a fault; the log of the function says more' }]);
  }
}

async function dispatch(services: ControlServices, request: HttpRequest): Promise<HttpResponse> {
  const there = ROUTES.flatMap((route) => {
    const params = match(route.path, request.path);
    return params === undefined ? [] : [{ route, params }];
  });
  if (there.length === 0)
    return refusal(404, [{ code: 'not-found', message: `there is nothing at ${request.path}` }]);
  const found = there.find(({ route }) => route.method === request.method);
  if (found === undefined) {
    const allow = there.map(({ route }) => route.method).join(', ');
    const message = `${request.path} knows ${allow}, not ${request.method}`;
    return refusal(405, [{ code: 'method', message }], { allow });
  }
  const { route } = found;
  const params = route.params.safeParse(found.params);
  const query = route.query.safeParse(request.query);
  const problems = [
    ...(params.error === undefined ? [] : requestProblems(params.error, 'path')),
    ...(query.error === undefined
      ? []
      : requestProblems(query.error, 'query', Object.keys(route.query.shape))),
    ...Object.entries(route.headers ?? {}).flatMap(([name, type]) => {
      const { error } = type.safeParse(request.headers[name.toLowerCase()]);
      return error === undefined ? [] : requestProblems(error, `header.${name}`);
    }),
  ];
  if (problems.length > 0) return refusal(400, problems);
  const wrong = wrongBody(route, request);
  if (wrong !== undefined) return wrong;
  const about = found.params.run === undefined ? {} : { run: found.params.run };
  return logWith(about, () => route.act(services, { params: params.data!, query: query.data!, request }));
}

/** A document that is not what its route reads. */
function wrongBody({ body, path, isSigned }: Route, request: HttpRequest): HttpResponse | undefined {
  if (request.body === '' || isSigned) return undefined;
  if (body === undefined) return refusal(400, [{ code: 'body', message: `${path} takes no body` }]);
  if (Object.keys(body.types).join() !== 'application/json') return undefined;
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json')
    return refusal(415, [{ code: 'media-type', message: `the body of ${path} is application/json` }]);
  try {
    JSON.parse(request.body);
    return undefined;
  } catch (error) {
    return refusal(400, [{ code: 'syntax', message: (error as Error).message, path: 'body' }]);
  }
}

/** The parameters in a path that has the form of the pattern. */
function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [k, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      if (part !== given[k]) return undefined;
    } else params[name] = decoded(given[k]!);
  }
  return params;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
