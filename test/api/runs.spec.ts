import { requestOf } from '../../lib/api/event';
import type { HttpResponse } from '../../lib/api/http';
import { atOnce, carry, once, type Stack, testStacks, twice } from '../engine/aws/stack';
import type { TestRepository } from '../support/repository';

const newStack = testStacks();
const apart = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }]);
const YAML = { 'content-type': 'application/yaml' };
const planOf = ({ server }: Stack, more = '') =>
  `schemaVersion: v1\ntarget: main\nrepository: ${server.url}\ngates: [{name: test, run: 'true'}]\nitems: [{name: a}, {name: b}]\n${more}`;
const read = ({ body }: HttpResponse) => JSON.parse(body);
const codes = (response: HttpResponse) => read(response).errors.map(({ code }: { code: string }) => code);

const start = (stack: Stack, more: object = {}) =>
  stack.functions().api({ method: 'POST', headers: YAML, body: planOf(stack), ...more });

describe('POST /runs', () => {
  it('starts a run of a plan in YAML, and says where it is', async () => {
    const stack = await newStack(apart);
    const response = await start(stack);
    const { run, created, links } = read(response);
    expect(response).toMatchObject({ status: 202, headers: { location: `/runs/${run}` } });
    expect(created).toBe(true);
    expect(links).toEqual({
      self: `/runs/${run}`,
      report: `/runs/${run}/report`,
      cancel: `/runs/${run}/cancel`,
    });
    expect([...stack.executions]).toEqual([`${run}-1`]);
  });

  it('takes JSON too, and what is asked for beside the plan', async () => {
    const stack = await newStack(apart);
    const { server } = stack;
    const plan = {
      schemaVersion: 'v1',
      target: 'main',
      gates: [{ name: 't', run: 'true' }],
      items: [{ name: 'a' }],
    };
    const response = await start(stack, {
      headers: { 'content-type': 'application/json; charset=utf-8' },
      query: { execute: 'true', maxWorkers: '3', repository: server.url },
      body: JSON.stringify(plan),
    });
    expect(response.status).toBe(202);
    const { request } = (await stack.stores.index.get(read(response).run))!;
    expect(JSON.parse(request)).toMatchObject({ execute: true, maxWorkers: 3, repository: server.url });
  });

  it.each([
    ['twice', twice],
    ['twice at once', atOnce],
  ])('with one Idempotency-Key, %s, is one run', async (_, how) => {
    const stack = await newStack(apart);
    const request = { method: 'POST', headers: { ...YAML, 'idempotency-key': 'k' }, body: planOf(stack) };
    const runs: string[] = [];
    await how(stack)(async ({ api }) => {
      runs.push(read(await api(request)).run);
    });
    expect(new Set(runs).size).toBe(1);
    expect(stack.executions.size).toBe(1);
  });

  it('with a key that stood for another plan, or for other parameters, starts nothing', async () => {
    const stack = await newStack(apart);
    const headers = { ...YAML, 'idempotency-key': 'k' };
    await start(stack, { headers });
    for (const other of [{ body: planOf(stack, '# another') }, { query: { execute: 'true' } }]) {
      const response = await start(stack, { headers, ...other });
      expect([response.status, codes(response)]).toEqual([422, ['key-reused']]);
    }
    expect(stack.executions.size).toBe(1);
  });

  it.each([
    ['for another plan', '# another', {}],
    ['with other parameters', '', { execute: 'true' }],
  ])('with the key of an upload that was used %s starts nothing', async (_, more, query) => {
    const stack = await newStack(apart);
    const { api } = stack.functions();
    const submit = async (body: string, query: object) => {
      const headers = { 'idempotency-key': 'k' };
      const { upload, url } = read(await api({ method: 'POST', path: '/uploads', headers }));
      await fetch(url, { method: 'PUT', body });
      return start(stack, { headers: {}, body: '', query: { ...query, upload } });
    };
    const first = read(await submit(planOf(stack), {}));
    expect(read(await submit(planOf(stack), {}))).toEqual({ ...first, created: false });
    const response = await submit(planOf(stack, more), query);
    expect([response.status, codes(response)]).toEqual([422, ['key-reused']]);
    expect(stack.executions.size).toBe(1);
  });

  it('refuses a plan that is not UTF-8, in the body and at its place, as the command line does', async () => {
    const stack = await newStack(apart);
    const plan = Buffer.from(planOf(stack, '# M\u00fcller'), 'latin1');
    const event = {
      ...{ rawPath: '/runs', rawQueryString: '', headers: { 'Content-Type': 'application/yaml' } },
      ...{ body: plan.toString('base64'), isBase64Encoded: true },
      requestContext: { stage: '$default', http: { method: 'POST' } },
    };
    const { api } = stack.functions();
    const inBody = await api(requestOf(event));
    expect([inBody.status, codes(inBody)]).toEqual([400, ['encoding']]);
    const { upload, url } = read(await api({ method: 'POST', path: '/uploads' }));
    await fetch(url, { method: 'PUT', body: plan });
    const atItsPlace = await start(stack, { headers: {}, body: '', query: { upload } });
    expect([atItsPlace.status, codes(atItsPlace)]).toEqual([400, ['encoding']]);
    expect(stack.executions.size).toBe(0);
  });

  it('refuses a bad plan with all its problems, as the command line does, and keeps no run', async () => {
    const stack = await newStack(apart);
    const gate = 'gates: [{name: long, run: x, timeoutSeconds: 900}]';
    const body = `schemaVersion: v1\ntarget: main\nrepository: ${stack.server.url}\n${gate}\nitems: [{name: a}]\n`;
    const long = await start(stack, { body });
    expect([long.status, codes(long)]).toEqual([400, ['gate-too-long']]);
    const response = await start(stack, {
      body: planOf(stack).replace('{name: a}', '{name: a, deps: [nowhere]}').replace('{name: b}', '{nam: b}'),
    });
    expect(response.status).toBe(400);
    const { errors } = read(response);
    expect(errors.length).toBeGreaterThan(1);
    expect(errors[0]).toMatchObject({ file: 'plan', line: 5, path: expect.stringContaining('items') });
    expect((await stack.stores.index.page(9)).runs).toEqual([]);
    expect(stack.executions.size).toBe(0);
  });

  it.each([
    [{ 'content-type': 'application/yaml; charset=utf-16' }, 'not utf-16'],
    [{ 'content-type': 'application/yaml', 'content-encoding': 'gzip' }, 'gzip'],
  ])('takes no plan that says to be written otherwise: %j', async (headers, what) => {
    const stack = await newStack(apart);
    const response = await start(stack, { headers });
    expect(response.status).toBe(415);
    expect(read(response).errors[0].message).toContain(what);
    expect(stack.executions.size).toBe(0);
  });

  it.each(['0x10', '1e3', '1.0', '', '-1', '10001'])(
    'does not take %j for a number of workers',
    async (text) => {
      const stack = await newStack(apart);
      const response = await start(stack, { query: { maxWorkers: text } });
      expect(response.status).toBe(400);
      expect(read(response).errors[0]).toMatchObject({ path: 'query.maxWorkers' });
    },
  );

  it('says of parameters what there is, as of plans', async () => {
    const response = await start(await newStack(apart), { query: { execut: 'true', execute: 'yes' } });
    expect(read(response).errors).toMatchObject([
      { path: 'query.execute', hint: 'one of: true, false' },
      { path: 'query.execut', message: 'unknown key "execut"', hint: expect.stringContaining('execute, ') },
    ]);
  });

  it.each([
    ['no type', { headers: {} }, 415, 'media-type'],
    ['a type that is no plan', { headers: { 'content-type': 'image/png' } }, 415, 'media-type'],
    ['a plan that is too long', { body: `# ${'x'.repeat(5_000_001)}` }, 413, 'too-large'],
    ['an unknown parameter', { query: { execut: 'true' } }, 400, 'bad-request'],
    ['a parameter that is none of its values', { query: { execute: 'yes' } }, 400, 'bad-request'],
    ['too many workers', { query: { maxWorkers: '10001' } }, 400, 'bad-request'],
    [
      'a key without an end',
      { headers: { ...YAML, 'idempotency-key': 'k'.repeat(256) } },
      400,
      'bad-request',
    ],
    ['two plans', { query: { upload: `r.${'0'.repeat(36)}` } }, 400, 'two-plans'],
    ['nothing', { body: '' }, 400, 'shape'],
  ])('refuses %s', async (_, more, status, code) => {
    const stack = await newStack(apart);
    const response = await start(stack, more);
    expect(response.status).toBe(status);
    if (code !== 'shape') expect(codes(response)).toContain(code);
    expect(stack.executions.size).toBe(0);
  });

  it('takes a plan that was put to its place before', async () => {
    const stack = await newStack(apart);
    const { api } = stack.functions();
    const place = await api({ method: 'POST', path: '/uploads' });
    expect(place.status).toBe(201);
    const { upload, url } = read(place);
    expect(codes(await start(stack, { headers: {}, body: '', query: { upload } }))).toEqual(['no-plan']);
    await fetch(url, { method: 'PUT', body: planOf(stack) });
    const response = await start(stack, { headers: {}, body: '', query: { upload } });
    expect(response.status).toBe(202);
    expect([...stack.executions]).toEqual([`${read(response).run}-1`]);
  });
});

describe('a run', () => {
  it('is listed and shown as it goes, and its report is there at its end, in both forms', async () => {
    const stack = await newStack(apart);
    const { api } = stack.functions();
    const { run, links } = read(await start(stack, { query: { execute: 'true' } }));
    expect(read(await api({}))).toMatchObject({ runs: [{ runId: run, links, endedAt: null }] });
    const early = await api({ path: links.report });
    expect([early.status, codes(early)]).toEqual([409, ['no-report']]);
    await carry(stack, run, once(stack));
    expect(read(await api({ path: links.self }))).toMatchObject({
      runId: run,
      status: 'ended',
      progress: { items: { total: 2, woven: 2 } },
    });
    expect(read(await api({ path: links.report }))).toMatchObject({ runId: run, status: 'merged' });
    const markdown = await api({ path: links.report, headers: { accept: 'text/markdown' } });
    expect(markdown.headers['content-type']).toContain('text/markdown');
    expect(markdown.body).toMatch(/^# /);
    expect((await api({ path: links.report, headers: { accept: 'image/png' } })).status).toBe(406);
  });

  it('is cancelled by name, with a reason, and asked again answers the same; one that has ended is not', async () => {
    const stack = await newStack(apart);
    const { api } = stack.functions();
    const { run, links } = read(await start(stack));
    const json = { 'content-type': 'application/json' };
    const cancel = { method: 'POST', path: links.cancel, headers: json, body: '{"reason": "not today"}' };
    const lines = await api({ ...cancel, body: JSON.stringify({ reason: 'not\ntoday' }) });
    expect([lines.status, read(lines).errors[0].path]).toEqual([400, 'body.reason']);
    expect(read(await api({ path: links.self }))).toMatchObject({ endedAt: null });
    expect(read(await api(cancel))).toEqual({ run, result: 'cancelled' });
    expect((await stack.stores.index.get(run))!.refusal).toContain('by arn:tester: not today');
    // Its answer may have been lost.
    expect(read(await api(cancel))).toEqual({ run, result: 'cancelled' });
    const other = read(await start(stack));
    await carry(stack, other.run, once(stack));
    const late = await api({ ...cancel, path: other.links.cancel });
    expect([late.status, codes(late)]).toEqual([409, ['run-ended']]);
  });

  it.each([
    ['no JSON', { body: '{' }, 400],
    ['a field that there is not', { body: '{"why": "x"}' }, 400],
    ['another type', { headers: { 'content-type': 'text/plain' }, body: 'x' }, 415],
    ['a parameter', { query: { force: 'true' } }, 400],
    ['another method', { method: 'GET' }, 405],
  ])('is not cancelled by a request with %s', async (_, more, status) => {
    const stack = await newStack(apart);
    const { run, links } = read(await start(stack));
    const headers = { 'content-type': 'application/json' };
    const response = await stack.functions().api({ method: 'POST', path: links.cancel, headers, ...more });
    expect(response.status).toBe(status);
    expect((await stack.stores.index.get(run))!.endedAt).toBeUndefined();
  });

  it.each(['/runs/nobody', '/runs/nobody/report', '/nothing', '/'])(
    'that is not there is not found at %s',
    async (path) => {
      const stack = await newStack();
      const response = await stack.functions().api({ path });
      expect(response.status).toBe(404);
      expect(codes(response)).toHaveLength(1);
    },
  );

  it('names the methods that a path has', async () => {
    const stack = await newStack();
    const response = await stack.functions().api({ method: 'DELETE' });
    expect(response).toMatchObject({ status: 405, headers: { allow: 'POST, GET' } });
  });
});
