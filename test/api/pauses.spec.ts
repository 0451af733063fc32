import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunState } from '../../lib/run/state';
import { carry, once, type Stack, testStacks } from '../engine/aws/stack';

const newStack = testStacks();
const plan = { items: [{ name: 'a' }] };
const one = () => newStack((repo) => repo.branches([{ name: 'a' }]));
const reason = 'the release';

async function request(stack: Stack, method: string, body?: object, query: Record<string, string> = {}) {
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const text = body === undefined ? '' : JSON.stringify(body);
  const asked = { method, path: '/pauses', headers, query, body: text };
  const response = await stack.functions().api(asked);
  return { status: response.status, body: JSON.parse(response.body) };
}
const pause = (stack: Stack, body: object = { reason }) => request(stack, 'POST', body);
const unpause = (stack: Stack, query?: Record<string, string>) => request(stack, 'DELETE', undefined, query);
const codes = ({ body }: { body: { errors: { code: string }[] } }) => body.errors.map(({ code }) => code);
const onMain = ({ server }: Stack) => ({ target: 'main', repository: server.url });

async function until(stack: Stack, run: string, isSo: (state: RunState) => boolean): Promise<RunState> {
  for (;;) {
    const state = (await stack.stores.store.find(run)) && (await stack.state(run));
    if (state !== undefined && isSo(state)) return state;
    await wait(10);
  }
}
/** It has come to its landing, and no lane has anything to do. */
const isWaiting = ({ phase, weave, lanes }: RunState) =>
  phase === 'land' && !weave.busy && lanes.every(({ parked }) => parked);
const tip = (stack: Stack) => stack.repo.git('rev-parse', 'main');

describe('pauses of a stack', () => {
  it('hold a run that begins later at its landing, which its status says, until they are ended', async () => {
    const stack = await one();
    const before = tip(stack);
    const every = { target: null, repository: null };
    expect(await pause(stack)).toEqual({ status: 200, body: { ...every, status: 'paused', landing: [] } });
    const why = `by arn:tester: ${reason}`;
    const since = expect.stringMatching(/^\d{4}-.*Z$/);
    expect((await request(stack, 'GET')).body).toEqual({ pauses: [{ ...every, why, since }] });
    const run = await stack.submit(plan);
    const ended = carry(stack, run, once(stack));
    await until(stack, run, isWaiting);
    const { progress } = await stack.functions().control<{ progress: object }>({ action: 'status', run });
    expect(progress).toMatchObject({ phase: 'land', paused: why, items: { woven: 1 } });
    expect(tip(stack)).toBe(before);
    const { runs } = await stack.functions().control<{ runs: object[] }>({ action: 'queue' });
    expect(runs).toMatchObject([{ runId: run, status: 'held', held: { why, until: null }, place: 0 }]);
    // It has known from its beginning, not since its landing only.
    const told = (await stack.events(run)).map(({ event }) => event);
    expect(told.indexOf('pause')).toBeLessThan(told.indexOf('start'));
    expect((await unpause(stack)).body).toEqual({ ...every, status: 'unpaused', landing: [] });
    await ended;
    expect(stack.report(run)).toMatchObject({
      status: 'merged',
      warnings: [`the landing waited while paused: ${why}`],
    });
    expect((await request(stack, 'GET')).body).toEqual({ pauses: [] });
  });

  it('hold a run that goes on already, on the target that they name, however its URL is written', async () => {
    const stack = await one();
    const go = join(stack.repo.path, 'go');
    const gates = [{ name: 'test', run: `until test -e '${go}'; do sleep 0.05; done` }];
    const run = await stack.submit({ ...plan, gates });
    const ended = carry(stack, run, once(stack));
    await until(stack, run, ({ lanes }) => lanes.some(({ work }) => work?.kind === 'gates'));
    const { target, repository } = onMain(stack);
    const place = { target, repository: `${repository}/` };
    expect((await pause(stack, { ...place, reason })).status).toBe(200);
    writeFileSync(go, '');
    const before = tip(stack);
    await until(stack, run, isWaiting);
    expect(tip(stack)).toBe(before);
    expect((await unpause(stack, place)).status).toBe(200);
    await ended;
    expect(stack.report(run).status).toBe('merged');
  });

  it('of another target, and in a dry run, hold nothing', async () => {
    const stack = await one();
    await pause(stack, { ...onMain(stack), target: 'next', reason });
    const run = await stack.submit(plan);
    await carry(stack, run, once(stack));
    expect(stack.report(run).status).toBe('merged');
    await pause(stack);
    const dry = await stack.submit(plan, { execute: false });
    await carry(stack, dry, once(stack));
    expect(stack.report(dry)).toMatchObject({ status: 'merged', dryRun: true });
  });

  it('hold a run that was missed as they were written, when it comes to its landing', async () => {
    const stack = await one();
    const { change } = stack.stores.pauses;
    const run = await stack.submit(plan);
    const { store } = stack.stores;
    const { putInbox } = store;
    // Written once the run has looked, by somebody who died before any run was told.
    store.putInbox = async (...inbox) => {
      store.putInbox = putInbox;
      await change(() => [{ target: null, why: 'by ann', at: 1 }]);
      return putInbox(...inbox);
    };
    const ended = carry(stack, run, once(stack));
    const state = await until(stack, run, isWaiting);
    expect(state.paused).toEqual({ why: 'by ann' });
    expect((await unpause(stack)).status).toBe(200);
    await ended;
    expect(stack.report(run).status).toBe('merged');
  });

  it('do not hold a run for ever whose landing was held as they were ended', async () => {
    const stack = await one();
    const run = await stack.submit(plan);
    const { pauses } = stack.stores;
    const { read } = pauses;
    let looks = 0;
    pauses.read = async () => {
      looks += 1;
      // Seen by the second look alone, which is that at the landing.
      return looks === 2 ? [{ target: null, why: 'by ann', at: 1 }] : read();
    };
    await carry(stack, run, once(stack));
    expect(stack.report(run).status).toBe('merged');
    const told = (await stack.events(run)).map(({ event }) => event);
    expect(told.filter((event) => event.endsWith('pause'))).toEqual(['pause', 'unpause']);
  });

  it('let a lane go on that asks again, where whoever has ended them died before the run was told', async () => {
    const stack = await one();
    await pause(stack);
    const run = await stack.submit(plan);
    const { stores } = stack;
    const { setParked } = stores.store;
    const last: [Parameters<typeof setParked>[1], string][] = [];
    stores.store.setParked = async (id, inbox, token) => {
      if (token !== undefined) last.push([inbox, token]);
      return setParked(id, inbox, token);
    };
    const ended = carry(stack, run, once(stack));
    await until(stack, run, isWaiting);
    await stores.pauses.change(() => []);
    const [{ lane, generation, turn, attempt }, token] = last.at(-1)!;
    // As `turn.ts` counts them: tries in the last four digits.
    const calls = attempt / 10_000;
    const call = { run, generation, lane, k: 0, retry: 1, last: turn - 1, results: null, lost: null };
    await stack.functions().next({ ...call, calls, token });
    await ended;
    expect(stack.report(run).status).toBe('merged');
    expect(stack.samples.filter(({ name }) => name.includes('idle'))).toEqual([]);
  });

  it('name the runs for which they come too late', async () => {
    const stack = await one();
    const run = await stack.submit(plan);
    const call = once(stack);
    let answer: Awaited<ReturnType<typeof pause>> | undefined;
    await carry(stack, run, async (act) => {
      const state = (await stack.stores.store.find(run)) && (await stack.state(run));
      if (state?.phase === 'land' && state.weave.busy) answer ??= await pause(stack);
      return call(act);
    });
    expect(answer?.body).toMatchObject({ status: 'paused', landing: [run] });
    expect(stack.report(run).status).toBe('merged');
  });

  it('are answered again, and are not begun by two, nor ended where there are none', async () => {
    const stack = await one();
    const nothing = await unpause(stack);
    expect([nothing.status, codes(nothing)]).toEqual([409, ['not-paused']]);
    for (let time = 0; time < 2; time += 1) expect((await pause(stack)).status).toBe(200);
    const second = await pause(stack, { reason: 'another' });
    expect([second.status, codes(second)]).toEqual([409, ['paused']]);
    expect(second.body.errors[0].message).toBe(`every target is paused already, by arn:tester: ${reason}`);
    const other = await unpause(stack, onMain(stack));
    expect([other.status, codes(other)]).toEqual([409, ['not-paused']]);
    expect(other.body.errors[0].hint).toBe('what is paused: every target (lex-pr unpause --engine aws)');
  });

  it.each<[string, object, string]>([
    ['a target without its repository', { target: 'main', reason }, 'pause-repository'],
    ['a repository without a target', { repository: 'https://host/r', reason }, 'pause-target'],
    ['a repository that is no URL', { target: 'main', repository: 'r', reason }, 'repository-url'],
    ['no name of a branch', { target: 'a..b', repository: 'https://host/r', reason }, 'bad-request'],
    [
      'the full name of a branch',
      { target: 'refs/heads/main', repository: 'https://host/r', reason },
      'bad-request',
    ],
    ['no reason', {}, 'bad-request'],
  ])('are refused: %s', async (_, body, code) => {
    const stack = await one();
    const refused = await pause(stack, body);
    expect([refused.status, codes(refused)]).toEqual([400, [code]]);
    expect(await stack.stores.pauses.read()).toEqual([]);
  });
});
