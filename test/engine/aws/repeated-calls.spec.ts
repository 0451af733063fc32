import type { RunEvent } from '../../../lib/run/messages';
import type { TestRepository } from '../../support/repository';
import { atOnce, carry, once, type Stack, testStacks, twice } from './stack';

const newStack = testStacks();

/** Two stacks, one of which has a branch that fails, and one that conflicts with the other stack. */
function fill(repo: TestRepository): void {
  repo.branch('a', { a: 'a\n', shared: 'a\n' });
  repo.branch('b', { b: 'b\n' }, 'a');
  repo.branch('c', { c: 'c\n' });
  repo.branch('bad', { bad: 'x\n' }, 'c');
  repo.branch('clash', { shared: 'clash\n' });
}

const plan = {
  items: [
    { name: 'a' },
    { name: 'b', deps: ['a'] },
    { name: 'c' },
    { name: 'bad', deps: ['c'], gates: [{ name: 'test', run: 'echo no; exit 1' }] },
    { name: 'after', branch: 'bad', deps: ['bad'] },
    { name: 'clash' },
  ],
  gates: [
    { name: 'test', run: 'echo "ran $LEX_PR_TREE" | tee out', artifacts: ['out'] },
    { name: 'flaky', run: 'echo "attempt $LEX_PR_ATTEMPT"; test "$LEX_PR_ATTEMPT" -gt 1', cache: 'off' },
  ],
  policy: { maxWorkers: 3, retries: { flaky: { maxAttempts: 2, backoffSeconds: 0.01 } } },
};

const has =
  <E extends RunEvent['event']>(event: E) =>
  (one: RunEvent) =>
    one.event === event;

/** What a run came to, without what differs from one to the next: times, and who ran what. */
async function outcomeOf(stack: Stack, run: string, base: string) {
  const { repo } = stack;
  const report = stack.report(run);
  const state = await stack.state(run);
  return {
    status: report.status,
    items: report.items.map(({ name, status, reason, gates }) => ({
      name,
      status,
      reason,
      gates: gates.map(({ name: gate, status: came, attempts }) => ({ gate, came, attempts })),
    })),
    verified: report.integration?.gates.map(({ name, status }) => ({ name, status })),
    landed: repo.git('log', '--first-parent', '--format=%s', `${base}..main`).split('\n'),
    tree: repo.git('rev-parse', 'main^{tree}'),
    target: repo.git('rev-parse', 'main') === report.integration?.commit,
    phase: state.phase,
  };
}

/** How often things happened that must happen once, and once only. */
async function countsOf(stack: Stack, run: string) {
  const events = await stack.events(run);
  const results = events.flatMap((event) => (event.event === 'result' ? [event] : []));
  const attempts = results.flatMap((event) =>
    event.kind === 'gate' ? [`${event.task}/${event.attempt}`] : [],
  );
  const sent = (name: string) => stack.samples.filter((sample) => sample.name === `lex_pr_${name}`).length;
  const gates = results.filter((event) => event.kind === 'gate' && !event.cached && event.log !== undefined);
  return {
    attempts: attempts.length,
    twiceTaken: attempts.length - new Set(attempts).size,
    woven: results.filter(({ kind }) => kind === 'merge').length,
    landings: results.filter(({ kind }) => kind === 'land').length,
    phases: events.filter(has('phase')).length,
    decided: events.filter(has('item')).length,
    lost: events.filter(has('lost')).length,
    // Of each gate that ran, each merge, and the end, one each.
    gateSamples: sent('gate_execution_seconds') - gates.length,
    mergeSamples: sent('merge_execution_seconds') - results.filter(({ kind }) => kind === 'merge').length,
    ends: sent('run_seconds'),
    queue: await stack.stores.queue.list(JSON.stringify([stack.server.url, 'main'])),
  };
}

describe('a run', () => {
  it.each([
    ['twice, one after another', twice],
    ['twice at once', atOnce],
  ])('comes to the same when every call of a function is made %s', async (_, how) => {
    const expectedStack = await newStack(fill);
    const base = expectedStack.repo.git('rev-parse', 'main');
    const expectedRun = await expectedStack.submit(plan);
    await carry(expectedStack, expectedRun, once(expectedStack));
    const expected = await outcomeOf(expectedStack, expectedRun, base);
    expect(expected.status).toBe('partial');
    expect(expected.items.map(({ status }) => status)).toEqual([
      'merged',
      'merged',
      'merged',
      'failed',
      'blocked',
      'failed',
    ]);
    const counts = await countsOf(expectedStack, expectedRun);
    expect(counts).toMatchObject({
      twiceTaken: 0,
      landings: 1,
      gateSamples: 0,
      mergeSamples: 0,
      ends: 1,
      queue: [],
    });

    const stack = await newStack(fill);
    const run = await stack.submit(plan);
    await carry(stack, run, how(stack));
    expect(await outcomeOf(stack, run, base)).toEqual(expected);
    expect(await countsOf(stack, run)).toEqual(counts);
  });
});
