import type { GateReturn, NextAnswer } from '../../../lib/engine/aws/protocol';
import { carry, newToken, once, testStacks } from './stack';

const newStack = testStacks();

it('what a gate function says of a gate that its lane does not hold is not remembered as a pass', async () => {
  const stack = await newStack((repo) => repo.branches([{ name: 'a' }, { name: 'b' }]));
  const plan = {
    items: [
      { name: 'a', gates: [{ name: 'evil', run: 'true' }] },
      { name: 'b', gates: [{ name: 'strict', run: 'exit 1' }] },
    ],
    policy: { maxWorkers: 1 },
  };
  const run = await stack.submit(plan);
  const { prepare, next } = stack.functions();
  await prepare({ run, generation: 1 });
  const ask = async (calls: number, last: number | null, results: GateReturn[] | null) => {
    const token = newToken();
    await next({
      ...{ run, generation: 1, lane: 0, k: 0, calls, retry: 0, last, token, results, lost: null },
    });
    return stack.answerTo<NextAnswer>(token);
  };
  const first = await ask(0, null, null);
  expect(first.kind).toBe('gate');
  const passed = (task: number): GateReturn => ({
    ...{ task, attempt: 1, outcome: 'pass', startedAt: 1, endedAt: 2, exitCode: 0, signal: null },
    ...{ logged: false, artifacts: [], heapUsedBytes: 1, rssBytes: 1 },
  });
  // The lane holds gate 0 alone.
  await ask(1, first.turn, [passed(0), passed(1)]);
  const gatesOf = async (item: (typeof plan.items)[number]) => {
    const other = await stack.submit({ items: [item] }, { execute: false });
    await carry(stack, other, once(stack));
    return stack.report(other).items[0]!.gates.map(({ status, cached }) => [status, cached]);
  };
  expect(await gatesOf(plan.items[0]!)).toEqual([['pass', true]]);
  expect(await gatesOf(plan.items[1]!)).toEqual([['fail', false]]);
});

it('a gate of a group that had too little time has no result, and its lane has lost the rest of the group', async () => {
  const stack = await newStack((repo) => repo.branches([{ name: 'a' }]));
  // A name in common: how long it takes is learnt from the first.
  const items = Array.from({ length: 4 }, (_, k) => ({
    name: 'a',
    gates: [{ name: 'g', run: `echo ${k}` }],
  }));
  const named = items.map((item, k) => ({ ...item, name: `a${k}`, branch: 'a' }));
  const run = await stack.submit({ items: named, policy: { maxWorkers: 1 } }, { execute: false });
  const { prepare, next } = stack.functions();
  await prepare({ run, generation: 1 });
  const returned = (task: number, more: Partial<GateReturn> = {}): GateReturn => ({
    ...{ task, attempt: 1, outcome: 'pass', startedAt: 1, endedAt: 2_001, exitCode: 0, signal: null },
    ...{ logged: false, artifacts: [], ...more },
  });
  let calls = 0;
  let last: number | null = null;
  /** @returns the numbers of the gates that the lane holds then */
  const ask = async (results: GateReturn[] | null) => {
    const token = newToken();
    await next({
      ...{ run, generation: 1, lane: 0, k: 0, calls, retry: 0, last, token, results, lost: null },
    });
    calls += 1;
    last = (await stack.answerTo<NextAnswer>(token)).turn;
    const { work } = (await stack.state(run)).lanes[0]!;
    return work?.kind === 'gates' ? work.tasks.map(({ task }) => task) : [];
  };
  const [first] = await ask(null);
  const group = await ask([returned(first!)]);
  expect(group).toHaveLength(3);
  const [passed, cut, rest] = group as [number, number, number];
  expect(await ask([returned(passed), returned(cut, { outcome: 'timeout', cut: true })])).toEqual([cut]);
  const { losses } = await stack.state(run);
  expect([...losses.keys()].sort()).toEqual([cut, rest].sort());
  expect((await stack.events(run)).filter(({ event }) => event === 'lost')).toMatchObject([
    { why: 'its function ended 2 s after a gate began' },
  ]);
});
