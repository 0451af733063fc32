import type { TestRepository } from '../../support/repository';
import { type Calling, carry, type LogLine, once, type Stack, testStacks } from './stack';

const newStack = testStacks();

const SECRET = 'hunter2 printed by a gate';

function fill(repo: TestRepository): void {
  repo.branch('a', { a: 'a\n' });
  repo.branch('b', { b: 'b\n' }, 'a');
  repo.branch('bad', { bad: 'x\n' });
  repo.branch('after', { after: 'x\n' }, 'bad');
}

const plan = {
  items: [
    { name: 'a' },
    { name: 'b', deps: ['a'] },
    { name: 'bad', gates: [{ name: 'test', run: `echo ${SECRET}; exit 3` }] },
    { name: 'after', deps: ['bad'] },
  ],
  gates: [{ name: 'test', run: `echo ${SECRET}` }],
  policy: { maxWorkers: 2, retries: { test: { maxAttempts: 2, backoffSeconds: 0.01 } } },
};

async function carried(how: (stack: Stack) => Calling = once) {
  const stack = await newStack(fill);
  const run = await stack.submit(plan);
  await carry(stack, run, how(stack));
  return { stack, run, logs: stack.logs, of: finder(stack.logs) };
}

/** Lines of a function's event, with what is asked for of each. */
const finder =
  (logs: readonly LogLine[]) =>
  (name: string, event: string, ...fields: string[]) =>
    logs
      .filter((line) => line.function === name && line.event === event)
      .map((line) => Object.fromEntries(fields.map((field) => [field, line[field]])));

describe('the log of the functions', () => {
  it('names in every line the function, the request, the run, and what else it is about', async () => {
    const { logs, run } = await carried();
    const ofRun = logs.filter((line) => line.event !== 'asked' || line.action !== 'upload');
    expect(ofRun.length).toBeGreaterThan(30);
    for (const line of ofRun)
      expect(line).toMatchObject({
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: expect.stringMatching(/^(debug|info|warn)$/),
        message: expect.stringMatching(/./),
        function: expect.stringMatching(/^(control|queue|prepare|next|gate|merge|report)$/),
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        run,
      });
    for (const line of logs.filter(({ function: name }) => !['control', 'queue'].includes(name)))
      expect(line.generation).toBe(1);
    for (const line of logs.filter(({ function: name }) => ['next', 'gate', 'merge'].includes(name)))
      expect(line.lane).toEqual(expect.any(Number));
    for (const line of logs.filter(({ event }) => /^(gate|attempt)-/.test(event)))
      expect(line).toMatchObject({ gate: 'test', attempt: expect.any(Number) });
  });

  it('tells of a gate when it is handed out, when it runs, and what it came to', async () => {
    const { of } = await carried();
    const bad = (event: string, name = 'next') =>
      of(name, event, 'item', 'attempt', 'status', 'exitCode', 'cached').filter(({ item }) => item === 'bad');
    const failed = (attempt: number) => ({ item: 'bad', attempt, status: 'fail', exitCode: 3 });
    expect(bad('gate-start').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(bad('attempt-start', 'gate').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(bad('attempt-end', 'gate')).toEqual([failed(1), failed(2)]);
    expect(bad('gate-retry').map(({ attempt }) => attempt)).toEqual([2]);
    expect(bad('gate-end')).toEqual([1, 2].map((attempt) => ({ ...failed(attempt), cached: false })));
    const [end] = of('next', 'gate-end', 'ms');
    expect(end!.ms).toEqual(expect.any(Number));
    // Verified is what the last candidate was, so its result is known.
    const woven = of('next', 'gate-end', 'item', 'cached', 'status').filter(({ item }) => item === null);
    expect(woven).toEqual([{ item: null, cached: true, status: 'pass' }]);
  });

  it('tells what becomes of the items and of the run', async () => {
    const { of, stack, run } = await carried();
    const ends = of('next', 'item-end', 'item', 'status').map(({ item, status }) => `${item}: ${status}`);
    expect(ends.sort()).toEqual(['a: merged', 'after: blocked', 'b: merged', 'bad: failed']);
    expect(of('next', 'phase', 'phase').map(({ phase }) => phase)).toEqual(['verify', 'land', 'done']);
    expect(of('control', 'submitted', 'run', 'created', 'target', 'execute')).toEqual([
      { run, created: true, target: 'main', execute: true },
    ]);
    expect(of('queue', 'let-in', 'run')).toEqual([{ run }]);
    expect(of('prepare', 'pinned', 'items', 'base')).toEqual([{ items: 4, base: expect.any(String) }]);
    expect(of('prepare', 'prepared', 'lanes', 'ms')).toEqual([{ lanes: 2, ms: expect.any(Number) }]);
    const woven = of('merge', 'weave-item', 'item', 'status');
    expect(woven).toEqual(['a', 'b'].map((item) => ({ item, status: 'woven' })));
    const main = stack.repo.git('rev-parse', 'main');
    expect(of('merge', 'landing', 'status', 'woven', 'retries', 'items')).toEqual([
      { status: 'landed', woven: main, retries: 0, items: 2 },
    ]);
    expect(of('report', 'report', 'status', 'items', 'merged', 'failed', 'blocked')).toEqual([
      { status: 'partial', items: 4, merged: 2, failed: 1, blocked: 1 },
    ]);
  });

  it('holds neither the output of gates nor URLs that give access', async () => {
    const { logs } = await carried();
    const text = JSON.stringify(logs);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('signature');
  });

  it('tells what a plan was refused for', async () => {
    const stack = await newStack(fill);
    const run = await stack.submit({ items: [{ name: 'nowhere' }] });
    await stack.functions().prepare({ run, generation: 1 });
    expect(stack.logs.at(-1)).toMatchObject({
      function: 'prepare',
      level: 'warn',
      event: 'refused',
      run,
      problems: [{ code: 'unknown-branch', message: expect.stringContaining('nowhere') }],
    });
  });

  it('tells who waits for whom at a target', async () => {
    const stack = await newStack(fill);
    const [first, second] = [await stack.submit(plan), await stack.submit(plan)];
    const waiting = stack.functions().queue({ run: first, generation: 1, token: 'first' });
    await waiting;
    await stack.functions().queue({ run: second, generation: 1, token: 'second' });
    const of = finder(stack.logs);
    expect(of('queue', 'waits', 'run')).toEqual([{ run: second }]);
    await stack.functions().control({ action: 'cancel', run: first, why: 'not needed' });
    await carry(stack, first, once(stack)).catch(() => {});
    expect(of('control', 'cancel', 'run', 'result', 'why')).toEqual([
      { run: first, result: 'cancelled', why: 'not needed' },
    ]);
    expect(of('queue', 'let-in', 'run', 'after')).toContainEqual({ run: second, after: first });
  });

  it('tells what reconcile does, and why', async () => {
    const stack = await newStack(fill);
    const run = await stack.submit(plan);
    const why = 'TIMED_OUT';
    for (const generation of [1, 2, 3, 4]) await stack.functions().reconcile({ run, generation, why });
    const of = finder(stack.logs);
    expect(of('reconcile', 'resumed', 'run', 'next', 'why', 'level')).toEqual(
      [2, 3, 4].map((next) => ({ run, next, why, level: 'warn' })),
    );
    expect(of('reconcile', 'gave-up', 'run', 'level', 'why')).toEqual([
      { run, level: 'error', why: `the engine failed 4 times: ${why}` },
    ]);
  });

  it('tells who asked the API for what, and what was refused', async () => {
    const stack = await newStack(fill);
    const run = await stack.submit(plan);
    const body = JSON.stringify({ reason: 'enough' });
    const headers = { 'content-type': 'application/json' };
    await stack.functions().api({ method: 'POST', path: `/runs/${run}/cancel`, headers, body });
    await stack.functions().api({ path: '/runs/unknown' });
    await stack.functions().api({ path: '/runs' });
    const of = finder(stack.logs);
    const by = 'arn:tester';
    expect(of('api', 'cancel', 'run', 'by', 'result')).toEqual([{ run, by, result: 'cancelled' }]);
    expect(of('api', 'request', 'method', 'status', 'level', 'by')).toEqual([
      { method: 'POST', status: 200, level: 'info', by },
      { method: 'GET', status: 404, level: 'info', by },
      { method: 'GET', status: 200, level: 'debug', by },
    ]);
  });
});
