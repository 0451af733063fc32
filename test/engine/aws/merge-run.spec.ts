import { readdirSync } from 'node:fs';
import { blobKeys } from '../../../lib/engine/aws/blobs';
import type { MergeCall } from '../../../lib/engine/aws/merge-run';
import type { GateReturn, NextAnswer } from '../../../lib/engine/aws/protocol';
import { fenceRef } from '../../../lib/merge/fence';
import { ItemStatus } from '../../../lib/run/state';
import type { TestRepository } from '../../support/repository';
import { atOnce, type Calling, failOnce, newToken, once, type Stack, testStacks, twice } from './stack';

const newStack = testStacks();
const apart = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
const plan = {
  items: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
  policy: { maxWorkers: 1, performance: { batchSize: 2 } },
};
const ways = [
  ['once', once],
  ['twice', twice],
  ['twice at once', atOnce],
] as const;

/** Takes the turns of a run's only lane until it holds merge work, and hands that out. */
async function* merges(stack: Stack, run: string): AsyncGenerator<MergeCall> {
  const functions = stack.functions();
  let [last, results]: [number | null, GateReturn[] | null] = [null, null];
  for (let calls = 0; ; calls += 1) {
    const token = newToken();
    const base = { run, generation: 1, lane: 0, k: 0, retry: 0, lost: null };
    await functions.next({ ...base, calls, last, token, results });
    const answer = await stack.answerTo<NextAnswer>(token);
    [last, results] = [answer.turn, null];
    if (answer.kind === 'done') return;
    if (answer.kind === 'gate') results = [...(await functions.gate(answer.job)).results];
    if (answer.kind === 'merge') yield { run, generation: 1, lane: 0, turn: answer.turn };
  }
}

/** A run of one item that has come to its landing, and the call that lands it. */
async function toLanding(stack: Stack): Promise<{ run: string; call: MergeCall }> {
  const run = await stack.submit({ ...plan, items: [{ name: 'a' }] });
  await stack.functions().prepare({ run, generation: 1 });
  const weaver = stack.functions();
  for await (const call of merges(stack, run)) {
    if ((await stack.state(run)).phase === 'land') return { run, call };
    await weaver.merge(call);
  }
  throw new Error('it never came to its landing');
}

const resultsOf = async ({ stores }: Stack, run: string) => (await stores.store.readTurns(run)).results;
const keysOf = ({ blobs }: Stack, run: string) =>
  [...blobs.files.keys()].filter((key) => key.startsWith(blobKeys.weaves(run, 1))).sort();
const landed = ({ repo }: Stack, base: string) =>
  repo.git('log', '--first-parent', '--reverse', '--format=%s', `${base}..main`).split('\n');
const pushes = ({ server }: Stack) =>
  server.requests.filter((request) => /POST .*receive-pack/.test(request)).length;

describe('weaving', () => {
  it.each(ways)('%s makes the same commits, one bundle a batch and one result', async (_, how) => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    await stack.functions().prepare({ run, generation: 1 });
    const call = how(stack);
    let batches = 0;
    for await (const work of merges(stack, run)) {
      if ((await stack.state(run)).phase === 'land') break;
      await call(({ merge }) => merge(work));
      batches += 1;
      const [row] = await resultsOf(stack, run);
      expect(row).toMatchObject({
        turn: work.turn,
        results: Array(batches === 1 ? 2 : 1).fill({ kind: 'merge' }),
      });
    }
    expect(batches).toBe(2);
    // Each is named by its first item and its tip: weaving again has added none.
    const { tip } = (await stack.state(run)).weave;
    expect(keysOf(stack, run)).toEqual([
      expect.stringContaining('00000000-'),
      blobKeys.weave(run, 1, 2, tip.chain),
    ]);
  });

  it('goes on in a function that has just started', async () => {
    const stack = await newStack(apart);
    const base = stack.repo.git('rev-parse', 'main');
    const run = await stack.submit(plan);
    await stack.functions().prepare({ run, generation: 1 });
    for await (const call of merges(stack, run)) await stack.functions().merge(call);
    expect(landed(stack, base)).toEqual(['a', 'b', 'c'].map((name) => `Merge branch '${name}'`));
    expect((await stack.state(run)).phase).toBe('done');
  });

  it('takes nothing for merged that the target has lost since it was set back', async () => {
    const stack = await newStack(apart);
    const before = stack.repo.git('rev-parse', 'main');
    stack.repo.git('merge', '-q', '-m', 'by hand', 'b', 'c');
    const run = await stack.submit({
      ...plan,
      items: [{ name: 'a' }, { name: 'b' }, { name: 'c', deps: ['a'] }],
    });
    await stack.functions().prepare({ run, generation: 1 });
    for await (const call of merges(stack, run)) {
      const { phase, weave } = await stack.state(run);
      if (phase === 'land' && weave.retries === 0) stack.repo.git('reset', '-q', '--hard', before);
      await stack.functions().merge(call);
    }
    expect([...(await stack.state(run)).items]).toEqual([
      ItemStatus.woven,
      ItemStatus.targetMoved,
      ItemStatus.targetMoved,
    ]);
    expect(landed(stack, before)).toEqual(["Merge branch 'a'"]);
  });

  it('does nothing for a lane that holds something else by now', async () => {
    const stack = await newStack(apart);
    const { run, call } = await toLanding(stack);
    const before = stack.server.requests.length;
    const { version } = await stack.stores.store.read(run);
    const functions = stack.functions();
    for (const stale of [{ turn: call.turn - 1 }, { turn: call.turn + 1 }, { generation: 2 }, { lane: 7 }])
      await functions.merge({ ...call, ...stale });
    expect(stack.server.requests.length).toBe(before);
    expect((await stack.stores.store.read(run)).version).toBe(version);
    expect(pushes(stack)).toBe(0);
  });

  it('leaves no file but its clone', async () => {
    const stack = await newStack(apart);
    const { call } = await toLanding(stack);
    const functions = stack.functions();
    await functions.merge(call);
    expect(readdirSync(functions.home)).toEqual(['repositories']);
  });
});

describe('landing', () => {
  it.each(ways)('%s moves the target once', async (_, how) => {
    const stack = await newStack(apart);
    const base = stack.repo.git('rev-parse', 'main');
    const { run, call } = await toLanding(stack);
    await how(stack)(({ merge }) => merge(call));
    expect(landed(stack, base)).toEqual(["Merge branch 'a'"]);
    const reflog = stack.repo.git('reflog', 'show', '--format=%H', 'main').split('\n');
    expect(reflog.slice(0, 2)).toEqual([stack.repo.git('rev-parse', 'main'), base]);
    expect(await resultsOf(stack, run)).toMatchObject([
      { turn: call.turn, results: [{ kind: 'land', result: { kind: 'landed' } }] },
    ]);
  });

  it('is found to have happened where its answer was lost', async () => {
    const stack = await newStack(apart);
    const base = stack.repo.git('rev-parse', 'main');
    const { run, call } = await toLanding(stack);
    failOnce(stack.stores.store, 'putResults', 'before');
    await expect(stack.functions().merge(call)).rejects.toThrow('died');
    expect(landed(stack, base)).toEqual(["Merge branch 'a'"]);
    // Somebody else has landed something since.
    stack.repo.git('reset', '-q', '--hard');
    stack.repo.commit({ later: 'x\n' });
    await stack.functions().merge(call);
    expect(await resultsOf(stack, run)).toMatchObject([{ results: [{ result: { kind: 'landed' } }] }]);
    expect(pushes(stack)).toBe(1);
  });

  it('never lands on a target that has moved', async () => {
    const stack = await newStack(apart);
    const { run, call } = await toLanding(stack);
    const now = stack.repo.commit({ other: 'x\n' });
    await atOnce(stack)(({ merge }) => merge(call));
    expect(stack.repo.git('rev-parse', 'main')).toBe(now);
    expect(await resultsOf(stack, run)).toMatchObject([
      { results: [{ result: { kind: 'target-moved', now } }] },
    ]);
  });
});

describe('cancelling', () => {
  const cancel = (run: string, call: Calling) =>
    call(({ control }) => control<{ result: string }>({ action: 'cancel', run, why: 'not today' }));

  it.each(ways.slice(1))('%s before the landing lets nothing land after it', async (_, how) => {
    const stack = await newStack(apart);
    const base = stack.repo.git('rev-parse', 'main');
    const { run, call } = await toLanding(stack);
    expect(await cancel(run, how(stack))).toEqual({ run, result: 'cancelled' });
    await stack.functions().merge(call);
    expect(stack.repo.git('rev-parse', 'main')).toBe(base);
    expect(stack.repo.git('log', '-1', '--format=%B', fenceRef('main'))).toContain('act: cancel');
    const stops = (await stack.events(run)).filter(({ event }) => event === 'stop');
    expect(stops).toHaveLength(1);
  });

  it.each(ways.slice(1))('%s after the landing is too late', async (_, how) => {
    const stack = await newStack(apart);
    const { run, call } = await toLanding(stack);
    await stack.functions().merge(call);
    const main = stack.repo.git('rev-parse', 'main');
    expect(await cancel(run, how(stack))).toEqual({ run, result: 'too-late' });
    expect(stack.repo.git('rev-parse', 'main')).toBe(main);
  });

  it('beside the landing is acknowledged only when nothing has landed, and nothing lands then', async () => {
    for (let k = 0; k < 2; k += 1) {
      const stack = await newStack(apart);
      const base = stack.repo.git('rev-parse', 'main');
      const { run, call } = await toLanding(stack);
      const [answer] = await Promise.all([cancel(run, once(stack)), stack.functions().merge(call)]);
      const isMerged = stack.repo.git('rev-parse', 'main') !== base;
      expect(answer.result).toBe(isMerged ? 'too-late' : 'cancelled');
    }
  });
});
