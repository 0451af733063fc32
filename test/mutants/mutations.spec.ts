import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

interface Mutation {
  readonly name: string;
  readonly invariant: number;
  readonly broken: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly tests: readonly string[];
}

const mutations = readdirSync(__dirname)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name): Mutation[] => JSON.parse(readFileSync(join(__dirname, name), 'utf8')));

describe('mutations', () => {
  it.each(mutations)(
    '$name changes a text that is there once, and names tests that are there',
    (mutation) => {
      const { file, find, replace, tests } = mutation;
      expect(readFileSync(join(ROOT, file), 'utf8').split(find)).toHaveLength(2);
      expect(replace).not.toBe(find);
      expect(tests).not.toEqual([]);
      expect(tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([]);
    },
  );

  it('have names of their own', () => {
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  });

  it('break each promise of docs/safety.md', () => {
    const text = readFileSync(join(ROOT, 'docs/safety.md'), 'utf8');
    const promises = [...text.matchAll(/^\| (\d+)\. /gm)].map(([, number]) => Number(number));
    expect(promises.length).toBeGreaterThan(0);
    const broken = new Set(mutations.map(({ invariant }) => invariant));
    expect([...broken].sort((a, b) => a - b)).toEqual(promises);
  });
});
