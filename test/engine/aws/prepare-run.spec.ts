import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobKeys } from '../../../lib/engine/aws/blobs';
import { createLoader } from '../../../lib/engine/aws/run-context';
import { hasCommits, unpackBundle } from '../../../lib/repository/bundle';
import { Git } from '../../../lib/repository/git';
import type { TestRepository } from '../../support/repository';
import { atOnce, carryLane, failOnce, once, type Stack, testStacks, twice } from './stack';

const newStack = testStacks();
const chain = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }]);
const plan = { items: [{ name: 'a' }, { name: 'b', deps: ['a'] }], policy: { maxWorkers: 2 } };
const LANES = [0, 1];

const prepared = (run: string, generation: number, lanes = LANES) => ({
  prepared: true,
  lanes: lanes.map((lane) => ({ run, generation, lane })),
});
const contextOf = ({ stores }: Stack, run: string) => createLoader(stores.store)(run);

/** A repository that holds what gates are given of a run, and nothing else. */
async function gatesRepository({ repo, blobs }: Stack, run: string): Promise<Git> {
  const gitDir = join(repo.root, 'gates.git');
  execFileSync('git', ['init', '-q', '--bare', '--template=', gitDir]);
  const git = new Git(gitDir);
  for (const key of [blobKeys.base(run), blobKeys.candidates(run, 0)]) {
    const file = join(repo.root, 'bundle');
    writeFileSync(file, blobs.files.get(key)!);
    await unpackBundle(git, file);
  }
  return git;
}

/** Expects that what the run is about, what gates get and what followers are told fit each other. */
async function expectConsistent(stack: Stack, run: string): Promise<void> {
  const { record, facts, names } = await contextOf(stack, run);
  const git = await gatesRepository(stack, run);
  for (const [item, candidate] of facts.candidates.entries()) {
    if (candidate.kind !== 'clean') throw new Error(`${names[item]} does not merge`);
    expect(await hasCommits(git, [candidate.commit])).toBe(true);
    await git.run(['merge-base', '--is-ancestor', record.heads[item]!.sha, candidate.commit]);
  }
  const told = JSON.parse(String(stack.blobs.files.get(blobKeys.record(run))));
  expect(JSON.parse(told.record)).toEqual(JSON.parse((await stack.stores.store.find(run))!.record));
  expect(told.facts.candidates).toEqual(facts.candidates);
}

describe('preparing a run', () => {
  it.each([
    ['once', once],
    ['twice', twice],
    ['twice at once', atOnce],
  ])('%s pins it, makes its candidates, and begins it once', async (_, how) => {
    const stack = await newStack(chain);
    const run = await stack.submit(plan);
    const answer = await how(stack)(({ prepare }) => prepare({ run, generation: 1 }));
    expect(answer).toEqual(prepared(run, 1));
    expect((await stack.stores.store.read(run)).version).toBe(1);
    const { record } = await contextOf(stack, run);
    const { repo } = stack;
    expect(record.base).toBe(repo.git('rev-parse', 'main'));
    expect(record.heads.map(({ sha }) => sha)).toEqual(['a', 'b'].map((name) => repo.git('rev-parse', name)));
    expect(record.startedAt).toBe((await stack.stores.index.get(run))!.submittedAt);
    await expectConsistent(stack, run);
  });

  it.each([
    ['before', 'putDetail', false],
    ['after', 'putDetail', true],
    ['before', 'create', true],
  ] as const)(
    'goes on where it died %s %s, with what it had pinned by then: %p',
    async (when, method, isPinned) => {
      const stack = await newStack(chain);
      const run = await stack.submit(plan);
      const refs = () => ['main', 'a', 'b'].map((name) => stack.repo.git('rev-parse', name));
      const before = refs();
      failOnce(stack.stores.store, method, when);
      await expect(stack.functions().prepare({ run, generation: 1 })).rejects.toThrow('died');
      stack.repo.branch('a', { a: 'another\n' });
      stack.repo.git('branch', '-f', 'b', 'a');
      stack.repo.commit({ b: 'b\n', more: 'more\n' });
      expect(await stack.functions().prepare({ run, generation: 1 })).toEqual(prepared(run, 1));
      const { record } = await contextOf(stack, run);
      expect([record.base, ...record.heads.map(({ sha }) => sha)]).toEqual(isPinned ? before : refs());
      await expectConsistent(stack, run);
    },
  );

  it('by several while a branch moves is one run on one set of heads', async () => {
    const stack = await newStack(chain);
    const run = await stack.submit(plan);
    const { store } = stack.stores;
    const { putDetail } = store;
    // The other one has looked at the branches before, and comes to writing after this.
    let waiting: (() => void) | undefined;
    store.putDetail = async (...args) => {
      if (args[1] === 'pinned' && waiting === undefined) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
      return putDetail.apply(store, args);
    };
    const slow = stack.functions().prepare({ run, generation: 1 });
    while (waiting === undefined) await new Promise((resolve) => setImmediate(resolve));
    stack.repo.branch('a', { a: 'another\n' });
    stack.repo.git('branch', '-f', 'b', 'a');
    expect(await stack.functions().prepare({ run, generation: 1 })).toEqual(prepared(run, 1));
    waiting();
    expect(await slow).toEqual(prepared(run, 1));
    const { record } = await contextOf(stack, run);
    expect(record.heads[0]!.sha).toBe(stack.repo.git('rev-parse', 'a'));
    await expectConsistent(stack, run);
  });

  it('has as many lanes as the plan and the stack allow, and no more than there are gates', async () => {
    const stack = await newStack(chain);
    const few = await stack.submit({ ...plan, policy: { maxWorkers: 40 } });
    const { lanes } = await stack.functions().prepare({ run: few, generation: 1 });
    // Two items and the verification have a gate each.
    expect(lanes).toHaveLength(3);
    const one = await stack.submit(plan, { maxWorkers: 1 });
    expect((await stack.functions().prepare({ run: one, generation: 1 })).lanes).toHaveLength(1);
  });

  it('is warned of what holds nothing back where every gate has a machine of its own', async () => {
    const stack = await newStack(chain);
    const performance = { throttleOnCpu: true, throttleOnIo: false };
    const run = await stack.submit({ ...plan, policy: { performance } });
    await stack.functions().prepare({ run, generation: 1 });
    const { record } = await contextOf(stack, run);
    expect(record.warnings).toEqual([
      'throttleOnCpu holds nothing back on AWS: every gate has a machine of its own',
    ]);
  });

  it('leaves no file of its own', async () => {
    const stack = await newStack(chain);
    const run = await stack.submit(plan);
    const functions = stack.functions();
    await functions.prepare({ run, generation: 1 });
    expect(readdirSync(functions.home)).toEqual(['repositories']);
    expect([...stack.blobs.files.keys()].filter((key) => !key.includes('/plans/')).sort()).toEqual([
      blobKeys.base(run),
      blobKeys.candidates(run, 0),
      blobKeys.record(run),
    ]);
  });
});

describe('a run that cannot be prepared', () => {
  it.each([
    ['once', once],
    ['twice', twice],
    ['twice at once', atOnce],
  ])('is refused with every reason, prepared %s', async (_, how) => {
    const stack = await newStack(chain);
    const run = await stack.submit({ items: [{ name: 'a' }, { name: 'x' }, { name: 'y' }] });
    const answer = await how(stack)(({ prepare }) => prepare({ run, generation: 1 }));
    expect(answer).toEqual({ prepared: false, lanes: [] });
    const { refusal, endedAt } = (await stack.stores.index.get(run))!;
    expect(JSON.parse(refusal!).map(({ code }: { code: string }) => code)).toEqual([
      'unknown-branch',
      'unknown-branch',
    ]);
    // Not of the branches of this machine, which may well have it.
    expect(JSON.parse(refusal!)[0].hint).toMatch(/^push it first, or see `git ls-remote \S+`$/);
    expect(endedAt).toBeDefined();
    expect(await stack.stores.store.find(run)).toBeUndefined();
  });

  it('is not refused by a second call where the first has found its branch before it went away', async () => {
    const stack = await newStack(chain);
    const run = await stack.submit(plan);
    failOnce(stack.stores.store, 'read', 'before');
    await expect(stack.functions().prepare({ run, generation: 1 })).rejects.toThrow('died');
    stack.repo.git('branch', '-D', 'a', 'b');
    expect(await stack.functions().prepare({ run, generation: 1 })).toEqual(prepared(run, 1));
    expect((await stack.stores.index.get(run))!.refusal).toBeUndefined();
  });

  it('is a fault while its repository does not answer, and goes on after that', async () => {
    const stack = await newStack(chain);
    const run = await stack.submit(plan);
    stack.server.failWith = 503;
    await expect(stack.functions().prepare({ run, generation: 1 })).rejects.toThrow('503');
    expect((await stack.stores.index.get(run))!.refusal).toBeUndefined();
    stack.server.failWith = undefined;
    expect(await stack.functions().prepare({ run, generation: 1 })).toEqual(prepared(run, 1));
  });

  it('has been cancelled before', async () => {
    const stack = await newStack(chain);
    const run = await stack.submit(plan);
    await stack.functions().control({ action: 'cancel', run, why: 'not today' });
    expect(await stack.functions().prepare({ run, generation: 1 })).toEqual({ prepared: false, lanes: [] });
    expect(await stack.stores.store.find(run)).toBeUndefined();
  });

  it('was never handed in', async () => {
    const stack = await newStack(chain);
    await expect(stack.functions().prepare({ run: 'r1', generation: 1 })).rejects.toThrow(
      'run r1 was not handed in',
    );
  });
});

describe('preparing a run for a later execution', () => {
  it.each([
    ['once', once],
    ['twice', twice],
    ['twice at once', atOnce],
  ])('takes it over once, prepared %s', async (_, how) => {
    const stack = await newStack(chain);
    const run = await stack.submit(plan);
    await stack.functions().prepare({ run, generation: 1 });
    const { version } = await stack.stores.store.read(run);
    const answer = await how(stack)(({ prepare }) => prepare({ run, generation: 2 }));
    expect(answer).toEqual(prepared(run, 2));
    expect((await stack.state(run)).generation).toBe(2);
    expect((await stack.stores.store.read(run)).version).toBe(version + 1);
    // Who is late has no lanes any more, and those that it had are told to end.
    expect(await stack.functions().prepare({ run, generation: 1 })).toEqual({ prepared: true, lanes: [] });
    await carryLane(stack, run, 1, 0, once(stack));
    expect((await stack.stores.store.read(run)).version).toBe(version + 1);
  });
});
