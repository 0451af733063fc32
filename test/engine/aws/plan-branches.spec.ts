import { submissionSchema } from '../../../lib/engine/aws/request';
import { createLoader } from '../../../lib/engine/aws/run-context';
import { targetKey } from '../../../lib/run/run-index';
import type { TestRepository } from '../../support/repository';
import { atOnce, carry, failOnce, once, type Stack, testStacks, twice } from './stack';

const newStack = testStacks();
/** What is said of the plans that were made. */
const notesIn = ({ logs }: Stack) => logs.filter(({ event }) => event === 'plan').map(({ note }) => note);

/** Two branches of which one is built on the other, and a gate that the target's files suggest. */
function fill(repo: TestRepository): void {
  repo.commit({ Makefile: 'test:\n\ttrue\n' });
  repo.branches([{ name: 'feature/a' }, { name: 'feature/b', from: 'feature/a' }, { name: 'other' }]);
}

/** Hands in a run for branches. @returns its id */
async function submit({ server, stores }: Stack, branches: object = {}): Promise<string> {
  const id = 'nightly-1';
  const plan = { from: 'branches', repository: server.url, ...branches };
  const request = JSON.stringify(submissionSchema.parse({ execute: true, schedule: 'nightly', plan }));
  await stores.index.submit({ id, target: targetKey(server.url, 'main'), request, submittedAt: 1 });
  return id;
}

const planned = async ({ stores }: Stack, run: string) => {
  const { record } = await createLoader(stores.store)(run);
  return record.plan.items.map(({ name, deps, sha }) => ({ name, deps, sha }));
};
const fileOf = ({ blobs }: Stack, run: string) => String(blobs.files.get(`runs/${run}/files/plan.yaml`));
const refusalOf = async ({ stores }: Stack, run: string) =>
  JSON.parse((await stores.index.get(run))!.refusal!).map(({ code }: { code: string }) => code);

describe('a run for branches', () => {
  it.each([
    ['once', once],
    ['twice', twice],
    ['twice at once', atOnce],
  ])('whose functions are called %s lands what there is to merge', async (_, how) => {
    const stack = await newStack(fill);
    const run = await submit(stack, { branches: ['feature/*'] });
    await carry(stack, run, how(stack));
    const report = stack.report(run);
    expect(report).toMatchObject({ status: 'merged', warnings: [] });
    expect(report.items.map(({ name, deps, gates }) => [name, deps, gates.map((gate) => gate.name)])).toEqual(
      [
        ['feature/a', [], ['test']],
        ['feature/b', ['feature/a'], ['test']],
      ],
    );
    expect(stack.repo.git('branch', '--merged', 'main')).not.toContain('other');
    expect(fileOf(stack, run)).toContain(`repository: ${stack.server.url}`);
  });

  it('keeps the plan that the first call has made, whatever the branches are by the time of the next', async () => {
    const stack = await newStack(fill);
    const run = await submit(stack, { branches: ['feature/*'] });
    const head = stack.repo.git('rev-parse', 'feature/b');
    failOnce(stack.stores.store, 'create', 'before');
    await expect(stack.functions().prepare({ run, generation: 1 })).rejects.toThrow('died');
    stack.repo.branches([{ name: 'feature/c' }]);
    stack.repo.git('branch', '-f', 'feature/b', 'other');
    await stack.functions().prepare({ run, generation: 1 });
    expect(notesIn(stack)).toEqual(['gate', 'planned']);
    const items = await planned(stack, run);
    expect(items.map(({ name }) => name)).toEqual(['feature/a', 'feature/b']);
    expect(items[1]).toMatchObject({ deps: ['feature/a'], sha: head });
  });

  it('fails an item whose branch moved after its dependencies were read', async () => {
    const stack = await newStack(fill);
    const run = await submit(stack);
    failOnce(stack.stores.store, 'putDetail', 'after');
    await expect(stack.functions().prepare({ run, generation: 1 })).rejects.toThrow('died');
    stack.repo.git('branch', '-f', 'feature/b', 'other~0');
    await carry(stack, run, once(stack));
    const { items } = stack.report(run);
    expect(items.find(({ name }) => name === 'feature/b')!.reason).toMatch(/^head-moved/);
    expect(items.find(({ name }) => name === 'feature/a')!.status).toBe('merged');
  });

  it('ends well, and says so, where there is nothing to merge', async () => {
    const stack = await newStack();
    const before = stack.repo.git('rev-parse', 'main');
    const run = await submit(stack, { branches: ['feature/*'] });
    await carry(stack, run, twice(stack));
    expect(stack.report(run)).toMatchObject({
      status: 'merged',
      items: [],
      warnings: ['no branch matches "feature/*"', 'nothing to merge into main'],
    });
    expect(stack.repo.git('rev-parse', 'main')).toBe(before);
    expect(await stack.stores.queue.list(targetKey(stack.server.url, 'main'))).toEqual([]);
  });

  it('orders those that change a same file, and remembers what they change', async () => {
    const stack = await newStack((repo) => {
      repo.branch('z', { shared: 'z\n' });
      repo.branch('a', { shared: 'a\n' });
    });
    const run = await submit(stack, { infer: 'overlap', gates: ['test=true'] });
    await stack.functions().prepare({ run, generation: 1 });
    expect((await planned(stack, run)).map(({ name, deps }) => [name, deps])).toEqual([
      ['z', []],
      ['a', ['z']],
    ]);
  });

  it.each([
    ['the target is not there', { target: 'trunk' }, 'unknown-target'],
    ['nothing would be checked', { branches: ['plain'] }, 'no-gates'],
    ['a trailer names nothing', { gates: ['test=true'] }, 'unknown-dependency'],
  ])('is refused where %s, and leaves its target', async (_, branches, code) => {
    const stack = await newStack((repo) => {
      repo.branches([{ name: 'plain' }]);
      repo.branch('bad', { bad: '1\n' }, 'main', 'bad\n\nDepends-on: nowhere');
    });
    const run = await submit(stack, branches);
    await carry(stack, run, twice(stack));
    expect(await refusalOf(stack, run)).toEqual([code]);
    expect(await stack.stores.queue.list(targetKey(stack.server.url, 'main'))).toEqual([]);
  });

  it('merges without gates where that was asked for', async () => {
    const stack = await newStack((repo) => repo.branches([{ name: 'a' }]));
    const run = await submit(stack, { ungated: 'allow' });
    await carry(stack, run, once(stack));
    const report = stack.report(run);
    expect(report.status).toBe('merged');
    expect(report.warnings).toEqual([expect.stringContaining('no gates')]);
  });
});
