import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CheckDocument, CheckRequest } from '../../../lib/engine/aws/request-check';
import { checkReport } from '../../../lib/report/check';
import { answerTo, type Deviation } from '../../callbacks/requests';
import type { TestRepository } from '../../support/repository';
import {
  atOnce,
  type Calling,
  carry,
  carryLane,
  failOnce,
  newToken,
  once,
  type Stack,
  testStacks,
  twice,
} from './stack';

const newStack = testStacks();
const TEXT = readFileSync(join(__dirname, '../../../docs/callbacks.md'), 'utf8');
/** How the documentation fetches what is to be tested. */
const FETCHING = /^```sh\n(check\(\).*?)^```/ms.exec(TEXT)![1]!;
const fill = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }]);
const CHECK = { name: 'ci', runtime: 'ci-service', run: 'pipeline', timeoutSeconds: 3_000, cache: 'off' };
const planOf = (gate: Record<string, unknown> = {}) => ({
  items: [{ name: 'a' }],
  gates: [{ ...CHECK, ...gate }],
  policy: { integration: 'none', maxWorkers: 1, retries: { ci: { maxAttempts: 2 } } },
});

const requestTo = ({ callback }: CheckRequest, answer: object, deviation?: Deviation) => ({
  ...answerTo(callback, answer, deviation),
  caller: undefined,
});

/** Answers a check as whoever carries it out does: until that is taken. */
async function answer(call: Calling, to: CheckRequest, with_: object): Promise<void> {
  const { status, body } = await call(({ api }) => api(requestTo(to, with_)));
  expect([status, JSON.parse(body)]).toEqual([200, { id: to.callback.id, status: expect.any(String) }]);
}

/** A run that is prepared, and whose only lane holds a check. */
async function held(gate: Record<string, unknown> = {}) {
  const stack = await newStack(fill);
  const run = await stack.submit(planOf(gate));
  const functions = stack.functions();
  await functions.queue({ run, generation: 1, token: newToken() });
  await functions.prepare({ run, generation: 1 });
  const next = await turn(stack, run, null);
  return { stack, run, functions, next };
}

/** One turn of the only lane. @returns what it is answered */
async function turn(stack: Stack, run: string, last: number | null, generation = 1, calls = 0) {
  const token = newToken();
  const call = { run, generation, lane: 0, k: 0, calls, retry: 0, last, token, results: null, lost: null };
  await stack.functions().next(call);
  return stack.answerTo<{ kind: string; turn: number; seconds?: number }>(token);
}

const checkCall = (run: string, turn: number, token: string, generation = 1, retry = 0) => ({
  ...{ run, generation, lane: 0, k: 0, calls: 0 },
  ...{ retry, turn, token },
});

/** Whether a token has been answered. */
async function isAnswered(stack: Stack, token: string): Promise<boolean> {
  const open = Symbol('open');
  const soon = new Promise((resolve) => setImmediate(() => resolve(open)));
  return (await Promise.race([stack.answerTo(token), soon])) !== open;
}

describe('a run with checks that run elsewhere', () => {
  it.each([
    ['once', once],
    ['twice, one after another', twice],
    ['twice at once', atOnce],
  ])('comes to what they answer, with every call of a function made %s', async (_, how) => {
    const stack = await newStack(fill);
    const plan = { ...planOf(), items: [{ name: 'a' }, { name: 'b' }] };
    plan.policy.maxWorkers = 2;
    const run = await stack.submit(plan);
    const call = how(stack);
    const answers: Promise<void>[] = [];
    stack.onAsked = (request) => {
      const status = request.item === 'a' && request.callback.id.includes('-1.') ? 'fail' : 'pass';
      answers.push(answer(call, request, { status, log: `of ${request.item}` }));
    };
    await carry(stack, run, call);
    await Promise.all(answers);
    const report = stack.report(run);
    const items = plan.items.map(({ name }) => ({ name, deps: [] }));
    expect(checkReport(report, { items, maxWorkers: 2 })).toEqual([]);
    expect(report.items).toMatchObject([
      { name: 'a', status: 'merged', gates: [{ status: 'pass', attempts: 2, flaky: true }] },
      { name: 'b', status: 'merged', gates: [{ status: 'pass', attempts: 1 }] },
    ]);
    const { log } = report.items[0]!.gates[0]!;
    expect(String(stack.blobs.files.get(`runs/${run}/files/${log}`))).toBe('[lex-pr: answer: pass]\nof a\n');
    const results = (await stack.events(run)).filter(
      (event) => event.event === 'result' && event.kind === 'gate',
    );
    expect(results).toHaveLength(3);
    // Of the same callback, however often it was asked for.
    expect(new Set(stack.asked.map(({ callback }) => callback.id)).size).toBe(3);
  });

  it('remembers a pass, by what was tested', async () => {
    const stack = await newStack(fill);
    const plan = { items: [{ name: 'a' }], gates: [{ ...CHECK, cache: 'tree' }], policy: { maxWorkers: 1 } };
    stack.onAsked = (request) => void answer(once(stack), request, { status: 'pass' });
    for (const status of ['first', 'second']) {
      const run = await stack.submit(plan, { execute: false });
      await carry(stack, run, once(stack));
      const [gate] = stack.report(run).items[0]!.gates;
      expect([status, gate!.cached]).toEqual([status, status === 'second']);
    }
    expect(stack.asked).toHaveLength(1);
  });
});

describe('a check', () => {
  it('is asked for with what there is to know, and what has to be fetched', async () => {
    const { stack, run, functions, next } = await held({ env: { A: '1' } });
    expect(next).toMatchObject({ kind: 'check', seconds: 3_000 });
    await functions.check(checkCall(run, next.turn, newToken()));
    const [request] = stack.asked;
    const { callback, document, ...about } = request!;
    expect(about).toEqual({
      gate: 'ci',
      item: 'a',
      run,
      repository: stack.server.url,
      target: 'main',
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      tree: stack.repo.git('rev-parse', 'a^{tree}'),
    });
    expect(callback.url).toBe(`https://api.example/callbacks/${callback.id}`);
    expect(Buffer.byteLength(JSON.stringify(request))).toBeLessThan(10_000);
    const read = (await (await fetch(document)).json()) as CheckDocument;
    expect(read).toMatchObject({
      commit: about.commit,
      base: stack.repo.git('rev-parse', 'main'),
      gate: { name: 'ci', run: 'pipeline', cwd: '.', env: { A: '1' } },
    });
    expect(JSON.stringify(read)).not.toContain(callback.key);
    for (const url of read.bundles) expect((await fetch(url)).status).toBe(200);
  });

  it.each(['an item', 'the woven commit'])(
    'of %s can be fetched as docs/callbacks.md says, into a clone of the target',
    async (what) => {
      const stack = await newStack(fill);
      const gates = what === 'an item' ? {} : { gates: [{ name: 'test', run: 'true' }] };
      const integration = what === 'an item' ? 'none' : { gates: [CHECK] };
      const run = await stack.submit({ ...planOf(), ...gates, policy: { integration, maxWorkers: 1 } });
      const tested: string[] = [];
      stack.onAsked = async (request) => {
        const folder = join(stack.repo.root, 'ci');
        stack.repo.git('clone', '-q', '--branch', 'main', '.', folder);
        const event = join(stack.repo.root, 'event.json');
        writeFileSync(event, JSON.stringify({ client_payload: { check: request } }));
        const env = { PATH: process.env.PATH!, GITHUB_EVENT_PATH: event, RUNNER_TEMP: stack.repo.root };
        await promisify(execFile)('sh', ['-euc', FETCHING], { cwd: folder, env });
        tested.push(request.commit, stack.repo.git('-C', folder, 'rev-parse', 'HEAD', 'HEAD^{tree}'));
        await answer(once(stack), request, { status: 'pass' });
      };
      await carry(stack, run, once(stack));
      const [commit, there] = tested;
      expect(there!.split('\n')).toEqual([commit, stack.repo.git('rev-parse', 'main^{tree}')]);
      expect(stack.report(run).status).toBe('merged');
    },
  );

  it('is asked for again, about the same callback, when it is not known to have been', async () => {
    const { stack, run, functions, next } = await held();
    failOnce(stack.stores.callbacks, 'markRequested', 'before');
    const [first, second, third] = [newToken(), newToken(), newToken()];
    await expect(functions.check(checkCall(run, next.turn, first))).rejects.toThrow('died before');
    await functions.check(checkCall(run, next.turn, second, 1, 1));
    await functions.check(checkCall(run, next.turn, third, 1, 2));
    expect(stack.asked).toHaveLength(2);
    expect(stack.asked[1]!.callback).toEqual(stack.asked[0]!.callback);
    await answer(once(stack), stack.asked[0]!, { status: 'pass' });
    expect(await isAnswered(stack, third)).toBe(true);
  });

  it('that is answered before its token is there is not waited for', async () => {
    const { stack, run, functions, next } = await held();
    stack.onAsked = () => {};
    await functions.check(checkCall(run, next.turn, newToken()));
    await answer(once(stack), stack.asked[0]!, { status: 'pass' });
    const token = newToken();
    await functions.check(checkCall(run, next.turn, token, 1, 1));
    expect(await isAnswered(stack, token)).toBe(true);
    expect(stack.asked).toHaveLength(1);
  });

  it('whose answer was stored by a function that died then is mended by the same answer', async () => {
    const { stack, run, functions, next } = await held();
    const token = newToken();
    await functions.check(checkCall(run, next.turn, token));
    const [request] = stack.asked;
    failOnce(stack.stores.callbacks, 'waiter', 'before');
    expect((await functions.api(requestTo(request!, { status: 'fail' }))).status).toBe(500);
    expect(stack.logs.filter(({ event }) => event === 'fault')).toHaveLength(1);
    expect(await isAnswered(stack, token)).toBe(false);
    expect((await functions.api(requestTo(request!, { status: 'pass' }))).status).toBe(409);
    expect(await isAnswered(stack, token)).toBe(false);
    await answer(once(stack), request!, { status: 'fail' });
    expect(await isAnswered(stack, token)).toBe(true);
  });

  it('has timed out when its time is over, and an answer comes too late from then on', async () => {
    const { stack, run, functions, next } = await held({ timeoutSeconds: 0.2 });
    expect(next.seconds).toBe(1);
    await functions.check(checkCall(run, next.turn, newToken()));
    await new Promise((resolve) => setTimeout(resolve, 250));
    // Its second attempt.
    const again = await turn(stack, run, next.turn, 1, 1);
    expect(again.kind).toBe('check');
    const late = await functions.api(requestTo(stack.asked[0]!, { status: 'pass' }));
    expect(late.status).toBe(410);
    const events = await stack.events(run);
    expect(events.filter(({ event }) => event === 'result')).toMatchObject([
      { outcome: 'timeout', attempt: 1, note: 'no answer within 0.2 s' },
    ]);
  });

  it('that was waited for no longer, though there is time, is handed out again as it was', async () => {
    const { stack, run, functions, next } = await held();
    await functions.check(checkCall(run, next.turn, newToken()));
    const again = await turn(stack, run, next.turn, 1, 1);
    expect(again).toMatchObject({ kind: 'check', turn: next.turn + 1 });
    const token = newToken();
    await functions.check({ ...checkCall(run, again.turn, token), calls: 1 });
    expect(stack.asked).toHaveLength(1);
    await answer(once(stack), stack.asked[0]!, { status: 'pass' });
    expect(await isAnswered(stack, token)).toBe(true);
  });

  it('goes on when its run is taken over: the same callback, for the lane that has it then', async () => {
    const { stack, run, functions, next } = await held();
    const old = newToken();
    await functions.check(checkCall(run, next.turn, old));
    await functions.prepare({ run, generation: 2 });
    const again = await turn(stack, run, null, 2);
    expect(again.kind).toBe('check');
    const token = newToken();
    await functions.check(checkCall(run, again.turn, token, 2));
    // A call of the old lane that is late changes nothing.
    await functions.check(checkCall(run, next.turn, newToken(), 1, 1));
    expect(stack.asked).toHaveLength(1);
    await answer(once(stack), stack.asked[0]!, { status: 'pass' });
    expect(await isAnswered(stack, token)).toBe(true);
    expect(await isAnswered(stack, old)).toBe(false);
    const answered = carryLane(stack, run, 2, 0, once(stack));
    await answered;
    await functions.report({ run, generation: 2 });
    expect(stack.report(run)).toMatchObject({ status: 'merged', items: [{ gates: [{ attempts: 1 }] }] });
  });

  it.each(['after it was asked for', 'while it is asked for'])(
    'lets a run go that is cancelled %s',
    async (when) => {
      const { stack, run, functions, next } = await held();
      const token = newToken();
      const cancel = () => stack.functions().control({ action: 'cancel', run, why: 'of the test' });
      const ask = () => functions.check(checkCall(run, next.turn, token));
      if (when === 'after it was asked for') {
        await ask();
        expect(await isAnswered(stack, token)).toBe(false);
        await cancel();
      } else {
        // The token is put down after the one who cancels has looked for it.
        await cancel();
        await ask();
        expect(stack.asked).toHaveLength(0);
      }
      expect(await isAnswered(stack, token)).toBe(true);
      const last = await turn(stack, run, next.turn, 1, 1);
      expect(last.kind).toBe('done');
      for (const request of stack.asked)
        expect((await functions.api(requestTo(request, { status: 'pass' }))).status).toBe(410);
      await functions.report({ run, generation: 1 });
      expect(stack.report(run)).toMatchObject({ status: 'cancelled' });
    },
  );
});

describe('what is no valid answer is refused by the API', () => {
  it('as anywhere, in the order: method, type, size, signature, content', async () => {
    const { stack, run, functions, next } = await held();
    await functions.check(checkCall(run, next.turn, newToken()));
    const [request] = stack.asked;
    const statusOf = async (answer: object | string, deviation: Deviation = {}) =>
      (await functions.api(answerTo(request!.callback, answer, deviation))).status;
    expect(await statusOf({ status: 'pass' }, { method: 'GET' })).toBe(405);
    expect(await statusOf('{', { type: 'text/plain', key: 'x' })).toBe(415);
    expect(await statusOf('x'.repeat(2 ** 20 + 1), { key: 'x' })).toBe(413);
    expect(await statusOf('{', { key: 'x' })).toBe(401);
    expect(await statusOf('', { headers: { 'x-lex-pr-signature': '' } })).toBe(401);
    expect(await statusOf('{')).toBe(400);
    expect(await statusOf({ status: 'pass', more: 1 })).toBe(400);
    const { id } = request!.callback;
    expect((await stack.stores.callbacks.get(run, id.split('.')[1]!))!.end).toBeUndefined();
    expect(await statusOf({ status: 'pass' })).toBe(200);
  });
});
