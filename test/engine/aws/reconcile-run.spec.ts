import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MergeCall } from '../../../lib/engine/aws/merge-run';
import type { GateReturn, NextAnswer } from '../../../lib/engine/aws/protocol';
import { MAX_RECOVERIES } from '../../../lib/engine/aws/recoveries';
import type { PlanDocument } from '../../support/cli';
import type { TestRepository } from '../../support/repository';
import { atOnce, carry, failOnce, newToken, once, type Stack, testStacks, twice } from './stack';

const newStack = testStacks();
const apart = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }]);
const plan = { items: [{ name: 'a' }, { name: 'b' }], policy: { maxWorkers: 2 } };
const ways = [
  ['once', once],
  ['twice', twice],
  ['twice at once', atOnce],
] as const;
const why = 'FAILED: States.Runtime';

const indexOf = async ({ stores }: Stack, run: string) => (await stores.index.get(run))!;
const line = async ({ stores, server }: Stack) =>
  (await stores.queue.list(JSON.stringify([server.url, 'main']))).map(({ run }) => run);

/** A run whose first lane holds a gate; another one waits for the target. */
async function underway(): Promise<{ stack: Stack; run: string; waiting: string; token: string }> {
  const stack = await newStack(apart);
  const run = await stack.submit(plan);
  const waiting = await stack.submit(plan);
  const functions = stack.functions();
  const [own, token] = [newToken(), newToken()];
  await functions.queue({ run, generation: 1, token: newToken() });
  await functions.queue({ run: waiting, generation: 1, token });
  await functions.prepare({ run, generation: 1 });
  const first = { k: 0, calls: 0, retry: 0, last: null, results: null, lost: null };
  await functions.next({ run, generation: 1, lane: 0, token: own, ...first });
  expect(await stack.answerTo(own)).toMatchObject({ kind: 'gate' });
  return { stack, run, waiting, token };
}

describe('an execution that has failed', () => {
  it.each(ways)('is followed by one other, told of %s', async (_, how) => {
    const { stack, run } = await underway();
    await how(stack)(({ reconcile }) => reconcile({ run, generation: 1, why }));
    expect(await indexOf(stack, run)).toMatchObject({ generation: 2, recoveries: 1 });
    expect([...stack.executions].filter((name) => name.startsWith(run))).toEqual([`${run}-1`, `${run}-2`]);
    await carry(stack, run, once(stack), 2);
    expect(stack.report(run).status).toBe('merged');
  });

  it('is followed by one also where that could not be started at first', async () => {
    const { stack, run } = await underway();
    failOnce(stack.stores.index, 'advance', 'after');
    await expect(stack.functions().reconcile({ run, generation: 1, why })).rejects.toThrow('died');
    expect(stack.executions.has(`${run}-2`)).toBe(false);
    await stack.functions().reconcile({ run, generation: 1, why });
    expect(stack.executions.has(`${run}-2`)).toBe(true);
    expect(await indexOf(stack, run)).toMatchObject({ generation: 2, recoveries: 1 });
  });

  it('does nothing where the run has gone on in a later one', async () => {
    const { stack, run } = await underway();
    await stack.functions().reconcile({ run, generation: 1, why });
    await stack.functions().reconcile({ run, generation: 2, why });
    const before = await indexOf(stack, run);
    await stack.functions().reconcile({ run, generation: 1, why });
    expect(await indexOf(stack, run)).toEqual(before);
    expect(stack.executions.has(`${run}-4`)).toBe(false);
  });

  it.each(ways)('lets the next run in where its own had ended, told of %s', async (_, how) => {
    const { stack, run, waiting, token } = await underway();
    await stack.stores.store.finish(run, 5);
    await how(stack)(({ reconcile }) => reconcile({ run, generation: 1, why }));
    expect(await line(stack)).toEqual([waiting]);
    expect(await stack.answerTo(token)).toEqual({});
    expect(stack.executions.has(`${run}-2`)).toBe(false);
  });

  it('of a run that has expired lets the next one in', async () => {
    const { stack, run, waiting, token } = await underway();
    const { target } = await indexOf(stack, run);
    const { get } = stack.stores.index;
    stack.stores.index.get = async (id) => (id === run ? undefined : get(id));
    await stack.functions().reconcile({ run, generation: 1, target, why });
    expect(await line(stack)).toEqual([waiting]);
    expect(await stack.answerTo(token)).toEqual({});
    expect(stack.executions.has(`${run}-2`)).toBe(false);
  });

  it('of no run of ours is left alone', async () => {
    const stack = await newStack(apart);
    await stack.functions().reconcile({ run: 'r9', generation: 1, why });
    expect(stack.executions.size).toBe(0);
  });
});

describe('a run that has failed once too often', () => {
  const last = MAX_RECOVERIES + 1;

  async function untilLast(stack: Stack, run: string): Promise<void> {
    for (let generation = 1; generation < last; generation += 1)
      await stack.functions().reconcile({ run, generation, why });
    expect(await indexOf(stack, run)).toMatchObject({ generation: last, recoveries: MAX_RECOVERIES });
  }

  it.each(ways)('ends, says why, and lets the next one in, told of %s', async (_, how) => {
    const { stack, run, waiting, token } = await underway();
    await untilLast(stack, run);
    const before = stack.repo.git('rev-parse', 'main');
    await how(stack)(({ reconcile }) => reconcile({ run, generation: last, why }));
    const report = stack.report(run);
    expect(report.items.map(({ status, reason }) => `${status}: ${reason}`)).toEqual(
      Array(2).fill(expect.stringContaining('the engine failed 4 times: FAILED: States.Runtime')),
    );
    expect((await stack.events(run)).filter(({ event }) => event === 'stop')).toHaveLength(1);
    expect(stack.samples.filter(({ name }) => name === 'lex_pr_run_seconds')).toHaveLength(1);
    expect(stack.executions.has(`${run}-${last + 1}`)).toBe(false);
    expect(await line(stack)).toEqual([waiting]);
    expect(await stack.answerTo(token)).toEqual({});
    // What lanes of the last execution still do counts for nothing.
    await carry(stack, run, once(stack), last);
    expect(stack.report(run)).toEqual(report);
    expect(stack.repo.git('rev-parse', 'main')).toBe(before);
  });

  it.each(ways)('ends without a report where it was never prepared, told of %s', async (_, how) => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    await untilLast(stack, run);
    await how(stack)(({ reconcile }) => reconcile({ run, generation: last, why }));
    const { refusal, endedAt } = await indexOf(stack, run);
    expect(JSON.parse(refusal!)).toEqual([
      { code: 'engine-fault', message: 'the engine failed 4 times: FAILED: States.Runtime' },
    ]);
    expect(endedAt).toBeDefined();
    // A call of its last execution that comes late does not stand in anybody's way.
    await stack.functions().queue({ run, generation: last, token: newToken() });
    expect(await line(stack)).toEqual([]);
    expect(await stack.functions().prepare({ run, generation: last })).toEqual({
      prepared: false,
      lanes: [],
    });
  });

  it('goes on to its report where it died at that', async () => {
    const { stack, run, waiting } = await underway();
    await untilLast(stack, run);
    failOnce(stack.stores.store, 'finish', 'before');
    await expect(stack.functions().reconcile({ run, generation: last, why })).rejects.toThrow('died');
    const { version } = await stack.stores.store.read(run);
    await stack.functions().reconcile({ run, generation: last, why });
    expect((await stack.stores.store.read(run)).version).toBe(version);
    expect(await line(stack)).toEqual([waiting]);
  });

  it('keeps what it has landed, where only its report had failed', async () => {
    const { stack, run } = await underway();
    failOnce(stack.stores.store, 'finish', 'before');
    await expect(carry(stack, run, once(stack))).rejects.toThrow('died');
    await untilLast(stack, run);
    await stack.functions().reconcile({ run, generation: last, why });
    expect(stack.report(run).status).toBe('merged');
  });
});

describe('a run that has failed once too often while it was landing', () => {
  /** A run whose lane 0 holds the landing; what else lanes hold stays with them. */
  async function landing(
    plan: PlanDocument,
  ): Promise<{ stack: Stack; run: string; call: MergeCall; base: string }> {
    const stack = await newStack(apart);
    const base = stack.repo.git('rev-parse', 'main');
    const run = await stack.submit(plan);
    const functions = stack.functions();
    const { lanes } = await functions.prepare({ run, generation: 1 });
    const ask = async (lane: number, calls: number, last: number | null, results: GateReturn[] | null) => {
      const token = newToken();
      const call = { run, generation: 1, lane, k: 0, retry: 0, lost: null };
      await functions.next({ ...call, calls, last, token, results });
      return stack.answerTo<NextAnswer>(token);
    };
    let answer = await ask(0, 0, null, null);
    for (const { lane } of lanes.slice(1)) await ask(lane, 0, null, null);
    for (let calls = 1; ; calls += 1) {
      const call = { run, generation: 1, lane: 0, turn: answer.turn };
      if ((await stack.state(run)).phase === 'land') return { stack, run, call, base };
      if (answer.kind === 'merge') await functions.merge(call);
      const results = answer.kind === 'gate' ? [...(await functions.gate(answer.job)).results] : null;
      answer = await ask(0, calls, answer.turn, results);
    }
  }
  const alone: PlanDocument = { items: [{ name: 'a' }], policy: { maxWorkers: 1 } };

  async function fail(stack: Stack, run: string): Promise<void> {
    for (let generation = 1; generation <= MAX_RECOVERIES + 1; generation += 1)
      await stack.functions().reconcile({ run, generation, why });
  }

  it('does not land after its report has said that it failed', async () => {
    const { stack, run, call, base } = await landing(alone);
    // The push of the landing is on its way: the host takes its time.
    const [come, go] = ['come', 'go'].map((name) => join(stack.repo.root, name)) as [string, string];
    const hook = join(stack.repo.path, '.git/hooks/pre-receive');
    writeFileSync(
      hook,
      `#!/bin/sh\nmkdir '${come}' || exit 0\nwhile ! [ -e '${go}' ]; do sleep 0.05; done\n`,
    );
    chmodSync(hook, 0o755);
    const pushing = stack.functions().merge(call);
    while (!existsSync(come)) await new Promise((resolve) => setTimeout(resolve, 20));
    await fail(stack, run);
    expect(stack.report(run).items[0]).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('engine-fault: the engine failed 4 times'),
    });
    writeFileSync(go, '');
    await pushing;
    expect(stack.repo.git('rev-parse', 'main')).toBe(base);
  });

  it.each(ways)('has merged where its landing was faster, told of %s', async (_, how) => {
    const { stack, run, call, base } = await landing(alone);
    failOnce(stack.stores.store, 'putResults', 'before');
    await expect(stack.functions().merge(call)).rejects.toThrow('died');
    expect(stack.repo.git('rev-parse', 'main')).not.toBe(base);
    for (let generation = 1; generation <= MAX_RECOVERIES + 1; generation += 1)
      await how(stack)(({ reconcile }) => reconcile({ run, generation, why }));
    expect(stack.report(run)).toMatchObject({ status: 'merged', items: [{ status: 'merged' }] });
    expect(await line(stack)).toEqual([]);
  });

  it('ends also where its repository cannot be reached, and says what is not known', async () => {
    const { stack, run } = await landing(alone);
    await stack.server.close();
    await fail(stack, run);
    expect(stack.report(run).items[0]!.reason).toMatch(
      /^engine-fault: the engine failed 4 times: .*; landing was lost 5 times: .*whether the target has it is not known/s,
    );
    expect(await line(stack)).toEqual([]);
  });

  it('has ended where it has landed, though a gate that nobody waits for has not', async () => {
    const gates = ['test', 'slow'].map((name) => ({ name, run: 'true' }));
    const policy = { maxWorkers: 2, requiredGates: ['test'] };
    const { stack, run, call } = await landing({ items: [{ name: 'a', gates }], policy });
    const { lanes } = await stack.state(run);
    expect(lanes[1]!.work).toMatchObject({ kind: 'gates', tasks: [{ task: 1 }] });
    const functions = stack.functions();
    await functions.merge(call);
    const base = { run, generation: 1, lane: 0, k: 1, calls: 0, retry: 0, lost: null, results: null };
    await functions.next({ ...base, last: call.turn, token: newToken() });
    expect(await stack.state(run)).toMatchObject({ phase: 'done', unfinishedTasks: 1 });
    await fail(stack, run);
    expect(stack.report(run)).toMatchObject({ status: 'merged', items: [{ status: 'merged' }] });
    expect(await line(stack)).toEqual([]);
  });
});
