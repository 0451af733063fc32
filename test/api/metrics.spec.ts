import parse from 'parse-prometheus-text-format';
import { carry, carryLane, newToken, once, type Stack, testStacks } from '../engine/aws/stack';
import type { TestRepository } from '../support/repository';

const newStack = testStacks();
const apart = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }]);
const plan = { items: [{ name: 'a' }, { name: 'b' }], policy: { maxWorkers: 1 } };

/** Sums over all labels, by name. */
async function read(stack: Stack): Promise<Record<string, number>> {
  const response = await stack.functions().api({ path: '/metrics' });
  expect(response).toMatchObject({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4' },
  });
  return Object.fromEntries(
    parse(response.body).map(({ name, metrics }) => [
      name,
      metrics.reduce((sum, { value, buckets }) => sum + Number(value ?? buckets?.['+Inf']), 0),
    ]),
  );
}

describe('GET /metrics', () => {
  it('is zero before the first run', async () => {
    expect(await read(await newStack())).toMatchObject({
      lex_pr_merge_success_total: 0,
      lex_pr_active_workers: 0,
    });
  });

  it('counts the gates of a run while it goes on, and nothing twice at its end', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    const functions = stack.functions();
    await functions.queue({ run, generation: 1, token: newToken() });
    await functions.prepare({ run, generation: 1 });
    await carryLane(stack, run, 1, 0, once(stack));
    const during = await read(stack);
    const gates = during.lex_pr_gate_execution_seconds!;
    expect(gates).toBeGreaterThan(1);
    expect(during.lex_pr_run_seconds).toBe(0);
    await functions.report({ run, generation: 1 });
    expect(await read(stack)).toMatchObject({
      lex_pr_gate_execution_seconds: gates,
      lex_pr_merge_success_total: 2,
      lex_pr_run_seconds: 1,
      lex_pr_active_workers: 0,
    });
    await stack.functions().report({ run, generation: 1 });
    expect(await read(stack)).toMatchObject({ lex_pr_gate_execution_seconds: gates, lex_pr_run_seconds: 1 });
  });

  it('adds up the runs there were; a dry run has merged nothing', async () => {
    const stack = await newStack(apart);
    for (const execute of [false, false, true])
      await carry(stack, await stack.submit(plan, { execute }), once(stack));
    expect(await read(stack)).toMatchObject({ lex_pr_run_seconds: 3, lex_pr_merge_success_total: 2 });
  });
});
