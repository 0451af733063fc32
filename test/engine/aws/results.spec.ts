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
