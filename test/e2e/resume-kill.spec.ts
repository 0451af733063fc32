import { TaskStatus } from '../../lib/run/state';
import { TestRepository } from '../support/repository';
import { begin, Died, goOn, type Life } from './dying-run';

/** Deps, a failing gate, a conflict, an optional gate that fails, a retry with backoff. */
const plan = (mergeStrategy: string) => ({
  gates: [{ name: 'test', run: 'test ! -e broken' }],
  items: [
    { name: 'a' },
    { name: 'b', deps: ['a'] },
    { name: 'clash' },
    { name: 'd' },
    { name: 'e', deps: ['d'] },
    {
      name: 'f',
      deps: ['a'],
      gates: [
        { name: 'test', run: 'test ! -e broken' },
        { name: 'lint', run: 'false' },
      ],
    },
    { name: 'g', gates: [{ name: 'flaky', run: 'test "$LEX_PR_ATTEMPT" -gt 1', cache: 'off' }] },
  ],
  policy: {
    maxWorkers: 2,
    mergeStrategy,
    optionalGates: ['lint'],
    retries: { flaky: { maxAttempts: 2, backoffSeconds: 0.01 } },
  },
});

function makeRepository(): TestRepository {
  const repo = TestRepository.create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { README: 'b\n' }, 'a');
  repo.branch('clash', { README: 'clash\n' });
  repo.branch('d', { broken: '1\n' });
  repo.branch('e', { e: '1\n' }, 'd');
  repo.branch('f', { f: '1\n' }, 'a');
  repo.branch('g', { g: '1\n' });
  return repo;
}

/** All that a kill must not change: what landed, what became of every item and gate, and whose landing it was. */
function outcomeOf(repo: TestRepository, { state }: Life) {
  if (state === undefined) throw new Error('the run did not end');
  const fence = repo.git('log', '-1', '--format=%B', 'refs/lex-pr/fence/main');
  return {
    target: repo.git('rev-parse', 'main'),
    workTree: repo.git('status', '--porcelain'),
    items: [...state.items],
    tasks: [...state.tasks].map((status) => (status === TaskStatus.skipped ? 'skipped' : status)),
    fence: fence.split('\n').filter((line) => /^(run|act):/.test(line)),
    refs: repo.git('for-each-ref', '--format=%(refname)'),
  };
}

/** Copies of one repository, and how a run of it without a kill ends. */
async function prepare(strategy: string) {
  const template = makeRepository();
  const base = template.git('rev-parse', 'main');
  const inCopy = async <T>(body: (repo: TestRepository) => Promise<T>): Promise<T> => {
    const repo = template.copy();
    try {
      return await body(repo);
    } finally {
      repo.remove();
    }
  };
  const { commits, expected } = await inCopy(async (repo) => {
    const life = await begin(repo, plan(strategy));
    return { commits: life.commits, expected: outcomeOf(repo, life) };
  });
  expect(expected.target).not.toBe(base);
  /** At commits 1, 1 + step, …, and some more for runs that take more of them on a busy machine; two at a time. */
  const atCommits = (step: number, body: (repo: TestRepository, commit: number) => Promise<void>) =>
    Promise.all(
      [1, 1 + step].map(async (first) => {
        for (let commit = first; commit <= commits + 3; commit += 2 * step)
          await inCopy((repo) => body(repo, commit));
      }),
    ).finally(() => template.remove());
  return { expected, atCommits };
}

describe('a run that is killed', () => {
  it.each(['before', 'after'] as const)(
    'at any of its commits, %s it is written, ends with the same refs and outcomes',
    async (when) => {
      const { expected, atCommits } = await prepare('merge');
      await atCommits(1, async (repo, commit) => {
        // How gates are combined in commits varies, so that a run may end earlier than the first one did.
        const life = await begin(repo, plan('merge'), { commit, when });
        const end = life.state === undefined ? await goOn(repo) : life;
        expect({ commit, ...outcomeOf(repo, end) }).toEqual({ commit, ...expected });
      });
    },
    120_000,
  );

  it('when the refs have moved and nobody has written it down, ends with the same refs and outcomes', async () => {
    const template = makeRepository();
    const repo = template.copy();
    try {
      const expected = outcomeOf(template, await begin(template, plan('merge')));
      const base = repo.git('rev-parse', 'main');
      const hasLanded = () => repo.git('rev-parse', 'main') !== base;
      const { state } = await begin(repo, plan('merge'), undefined, async (_, when) => {
        if (when === 'before' && hasLanded()) throw new Died();
      });
      expect({ state, landed: hasLanded() }).toEqual({ state: undefined, landed: true });
      expect(outcomeOf(repo, await goOn(repo))).toEqual(expected);
    } finally {
      repo.remove();
      template.remove();
    }
  });

  it('twice, at every third commit and again soon after, ends with the same refs and outcomes', async () => {
    const { expected, atCommits } = await prepare('squash');
    await atCommits(3, async (repo, commit) => {
      let life = await begin(repo, plan('squash'), { commit, when: 'before' });
      if (life.state === undefined) life = await goOn(repo, { commit: 1 + (commit % 4), when: 'after' });
      if (life.state === undefined) life = await goOn(repo);
      expect({ commit, ...outcomeOf(repo, life) }).toEqual({ commit, ...expected });
    });
  }, 120_000);
});
