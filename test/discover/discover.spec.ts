import fc from 'fast-check';
import { discover } from '../../lib/discover/discover';
import { TestRepository, testRepositories } from '../support/repository';
import { depsOf } from './discovered';
import { histories, writeHistory } from './histories';

const create = testRepositories();

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
          writeHistory(repo, history);
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
