import { basename, join } from 'node:path';
import fc from 'fast-check';
import { fileName, runId } from '../../lib/engine/names';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 120 }),
  // What comes close: the same but for case, separators, dots, and what looks like a result.
  fc.string({ unit: fc.constantFrom('a', 'A', '/', '.', '-', '_', '0', ' '), maxLength: 6 }),
  fc.string().map(fileName),
);

describe('fileName', () => {
  it('keeps a name that is safe as it is', () => {
    for (const name of ['a', 'feature-1', 'v1.2_x', 'x'.repeat(60)]) expect(fileName(name)).toBe(name);
  });

  it('never gives two names the same file, also where the file system ignores case', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(fileName(a).toLowerCase() === fileName(b).toLowerCase()).toBe(a === b);
      }),
      { numRuns: 5000 },
    );
  });

  it('does not give a name the file of another whose hash it imitates', () => {
    const names = ['A', 'é', 'a/b', 'x'.repeat(61)];
    for (const name of names) expect(fileName(fileName(name))).not.toBe(fileName(name));
  });

  it('gives a plain file name: no way out of its folder, nothing hidden, no option, no long one', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const file = fileName(name);
        expect(file).toMatch(/^[a-z0-9_][a-z0-9._-]{0,63}$/);
        expect(basename(join('/folder', file))).toBe(file);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['..', '.', '../../x', '/etc/passwd', '-rf', '.git', '', 'a\0b', 'CON'])(
    'makes %j harmless',
    (name) => {
      expect(fileName(name)).toMatch(/^[a-z_][a-z0-9_.-]*-[0-9a-f]{12}$/);
    },
  );
});

describe('runId', () => {
  const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('says when in UTC, and a random part', () => {
    expect(runId(Date.UTC(2026, 0, 31, 23, 59, 59, 999), 0.1)).toBe('20260131-235959-1999');
    expect(runId(0, 0)).toBe('19700101-000000-0000');
  });

  it('sorts by time', () => {
    fc.assert(
      fc.property(time, time, random, random, (a, b, x, y) => {
        fc.pre(Math.floor(a / 1000) < Math.floor(b / 1000));
        expect(runId(a, x) < runId(b, y)).toBe(true);
      }),
    );
  });
});
