import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { discover } from '../../lib/discover/discover';
import { TestRepository, testRepositories } from '../support/repository';
import { depsOf } from './discovered';

const create = testRepositories();

/** Branch i of a random history: earlier branches that it is built on or names, and a file that it changes. */
interface RandomBranch {
  readonly builtOn: readonly number[];
  readonly names: readonly number[];
  readonly file: number;
}

const histories: fc.Arbitrary<RandomBranch[]> = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.tuple(
    ...Array.from({ length: count }, (_, branch) => {
      const earlier = branch === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(branch - 1), { maxLength: 3 });
      return fc.record({ builtOn: earlier, names: earlier, file: fc.nat(3) });
    }),
  ),
);

/** Dates fall while positions rise, so that order by date disagrees with all else. */
function write(repo: TestRepository, history: readonly RandomBranch[]): void {
  const main = repo.git('rev-parse', 'main');
  const commands = history.map(({ builtOn, names, file }, branch) => {
    const message = ['change', '', ...names.map((name) => `Depends-on: b${name}`), ''].join('\n');
    const [from, ...merges] = builtOn.map((other) => `refs/heads/b${other}`);
    return [
      `commit refs/heads/b${branch}`,
      `committer T <t@example.com> ${1_700_000_000 - branch} +0000`,
      `data ${message.length}\n${message}`,
      `from ${from ?? main}`,
      ...merges.map((merge) => `merge ${merge}`),
      `M 644 inline file${file}\ndata 2\n${branch}\n`,
    ].join('\n');
  });
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repo.path, input: commands.join('\n') });
}

/** All that each item depends on; fails when an item comes before a dependency. */
function closure(items: readonly { name: string; deps: readonly string[] }[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const { name, deps } of items) {
    const before = deps.map((dep) => {
      const found = all.get(dep);
      if (found === undefined) throw new Error(`${name} comes before ${dep}`);
      return [dep, ...found];
    });
    all.set(name, new Set(before.flat()));
  }
  return all;
}

describe('discover', () => {
  it('finds for any history what it says, acyclic and reduced, with and without overlap', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const repo = TestRepository.create();
        try {
          write(repo, history);
          const said = history.map(({ builtOn, names }, branch) => ({
            name: `b${branch}`,
            deps: [...builtOn, ...names].map((other) => `b${other}`),
          }));
          const plain = await discover(repo.path, {});
          const overlapping = await discover(repo.path, { infer: 'overlap' });
          expect(plain.items).toHaveLength(history.length);
          const found = closure(plain.items);
          expect(Object.fromEntries(found)).toEqual(Object.fromEntries(closure(said)));
          const inferred = closure(overlapping.items);
          for (const [name, deps] of found)
            expect([...inferred.get(name)!]).toEqual(expect.arrayContaining([...deps]));
          history.forEach((one, a) => {
            for (const b of history.keys())
              if (a < b && history[b]!.file === one.file) {
                const related = inferred.get(`b${a}`)!.has(`b${b}`) !== inferred.get(`b${b}`)!.has(`b${a}`);
                expect({ a, b, related }).toEqual({ a, b, related: true });
              }
          });
          for (const { items } of [plain, overlapping]) {
            const all = closure(items);
            for (const { deps } of items)
              for (const dep of deps) expect(deps.some((other) => all.get(other)!.has(dep))).toBe(false);
          }
        } finally {
          repo.remove();
        }
      }),
      { numRuns: 25 },
    );
  });

  it('says the same twice, and leaves refs, index and files as they are', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    repo.branch('b', { a: '2\n' });
    const before = repo.git('for-each-ref');
    const { notes: _first, ...first } = await discover(repo.path, { infer: 'overlap' });
    const { notes: _second, ...second } = await discover(repo.path, { infer: 'overlap' });
    expect(second).toEqual(first);
    expect(depsOf({ ...second, notes: [] })).toEqual({ a: [], b: ['a'] });
    expect(repo.git('for-each-ref')).toBe(before);
    expect(repo.git('status', '--porcelain')).toBe('');
  });
});
