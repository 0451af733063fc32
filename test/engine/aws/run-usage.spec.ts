import { costOf } from '../../../lib/cost/run-cost';
import type { Usage } from '../../../lib/cost/usage';
import { createLoader } from '../../../lib/engine/aws/run-context';
import { usageOf } from '../../../lib/engine/aws/run-usage';
import { ReportSchema } from '../../../lib/report/report';
import type { PlanDocument } from '../../support/cli';
import type { TestRepository } from '../../support/repository';
import { shape } from '../../support/shape';
import { type Called, type Calling, carry, once, type Stack, testStacks } from './stack';

const newStack = testStacks();
const branches = (repo: TestRepository) =>
  repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }, { name: 'c' }]);
const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c' }];
const plan: PlanDocument = { items, policy: { maxWorkers: 2 } };

/** What the store of a run that has ended says of what it has done. */
async function used({ stores, report, state }: Stack, run: string): Promise<Usage> {
  const { version } = await stores.store.read(run);
  const commits = await Array.fromAsync(stores.store.eventsAfter(run, 0));
  const context = await createLoader(stores.store)(run);
  return usageOf(context, await state(run), version, commits, Date.parse(report(run).endedAt));
}

/** Carries a run to its end. @returns how often each function was called */
async function counting(stack: Stack, run: string): Promise<Record<string, number>> {
  const calls: Record<string, number> = {};
  const plain: Calling = once(stack);
  await carry(stack, run, (call) =>
    plain((functions) => {
      const counted = new Proxy(functions, {
        get: (target, name: keyof Called) => {
          calls[name] = (calls[name] ?? 0) + 1;
          return target[name];
        },
      });
      return call(counted);
    }),
  );
  return calls;
}

describe('what a run has done, by its store', () => {
  it('is as many calls of functions as there were', async () => {
    const stack = await newStack(branches);
    const run = await stack.submit(plan);
    const calls = await counting(stack, run);
    const usage = await used(stack, run);
    expect(usage).toMatchObject({ items: 3, lanes: 2, executions: 1, lost: { gate: 0, merge: 0 } });
    expect(usage.turns).toMatchObject({ gate: calls.gate, merge: calls.merge, build: 0, check: 0, sleep: 0 });
    // One more of each lane is answered with `done`; what is settled is so in the call that asks.
    expect(calls.next).toBe(2 + calls.gate! + calls.merge!);
    expect(usage.commits).toBe((await stack.stores.store.read(run)).version);
    const gates = stack.report(run).items.flatMap((item) => item.gates);
    const spans = [...gates, ...stack.report(run).integration!.gates].filter(({ cached }) => !cached);
    expect(usage.gateSeconds).toBeCloseTo(
      spans.reduce((sum, { startedAt, endedAt }) => sum + Date.parse(endedAt!) - Date.parse(startedAt!), 0) /
        1000,
    );
  });

  it('has no gates that were remembered', async () => {
    const stack = await newStack(branches);
    const dryRun = { execute: false };
    await counting(stack, await stack.submit(plan, dryRun));
    const run = await stack.submit(plan, dryRun);
    const calls = await counting(stack, run);
    expect(calls.gate).toBeUndefined();
    const { turns, gateSeconds } = await used(stack, run);
    // Three items, and the woven commit.
    expect(turns).toMatchObject({ gate: 0, settled: 4, merge: calls.merge });
    expect(gateSeconds).toBe(0);
  });

  it('counts each attempt of a gate, and what was waited for in between', async () => {
    const stack = await newStack(branches);
    const retries = { test: { maxAttempts: 2, backoffSeconds: 0.01 } };
    const gates = [{ name: 'test', run: 'exit 1' }];
    const run = await stack.submit({ items: [{ name: 'a' }], gates, policy: { maxWorkers: 1, retries } });
    const calls = await counting(stack, run);
    expect((await used(stack, run)).turns).toMatchObject({ gate: 2, sleep: 1 });
    expect(calls.next).toBe(1 + 2 + 1);
  });
});

describe('the report of a run on AWS', () => {
  it('has the cost of what the run has done, in its parts, in words and as a metric, once', async () => {
    const stack = await newStack(branches);
    const run = await stack.submit(plan);
    await counting(stack, run);
    await stack.functions().report({ run, generation: 1 });
    const { cost } = stack.report(run);
    expect(ReportSchema.safeParse(stack.report(run)).error).toBeUndefined();
    expect(cost).toEqual(costOf(await used(stack, run), shape));
    expect(cost!.usd).toBeGreaterThan(0);
    expect(cost!.parts.workflow).toBeGreaterThan(0);
    expect(Object.values(cost!.parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(cost!.usd, 6);
    const sent = stack.samples.filter(({ name }) => name === 'lex_pr_run_cost_usd');
    expect(sent).toEqual([{ name: 'lex_pr_run_cost_usd', unit: 'None', dimensions: {}, value: cost!.usd }]);
    const markdown = String(stack.blobs.files.get(`runs/${run}/files/report.md`));
    expect(markdown).toMatch(/^- Cost: about \$[\d.]+: .*workflow \$[\d.]+.* \(list prices of us-east-1, /m);
  });
});
