import fc from 'fast-check';
import { sortRows, toLists } from '../../lib/plan/edges';
import { findNames } from '../../lib/plan/find-names';
import { hashOf, NameNumbers } from '../../lib/plan/name-numbers';
import { sortNames } from '../../lib/plan/sort-names';

/** Long common beginnings, ends of ends, any UTF-16 units (halves of pairs too), and more names than are compared one by one. */
const names = fc.uniqueArray(
  fc
    .tuple(
      fc.constantFrom('', 'team/', 'team/a-long-beginning-that-many-share/', '\ud83d'),
      fc.string({
        unit: fc.constantFrom('a', 'b', '0', '-', 'é', '\uffff', '\ud83d', '\udc00'),
        maxLength: 24,
      }),
    )
    .map(([start, end]) => start + end),
  { minLength: 1, maxLength: 400, size: 'max' },
);

describe('sortNames', () => {
  it('sorts as comparing does', () => {
    fc.assert(
      fc.property(names, (given) => {
        expect([...sortNames(given)].map((index) => given[index])).toEqual([...given].sort());
      }),
    );
  });

  it('ends where names are there twice', () => {
    const given = Array.from({ length: 100 }, (_, k) => (k % 2 === 0 ? 'same' : `other-${k % 10}`));
    expect([...sortNames(given)].map((index) => given[index])).toEqual([...given].sort());
  });
});

describe('NameNumbers', () => {
  it('gives equal names one number, in the order in which they come', () => {
    fc.assert(
      fc.property(names, (given) => {
        const numbers = new NameNumbers();
        const again = given.toReversed();
        expect(given.map((name) => numbers.of(name))).toEqual([...given.keys()]);
        expect(again.map((name) => numbers.of(name))).toEqual([...given.keys()].toReversed());
        expect(numbers.texts).toEqual(given);
      }),
    );
  });

  it('does so while it grows, and where somebody has chosen names with like hashes', () => {
    const like: string[] = [];
    for (let k = 0; like.length < 400; k++) if ((hashOf(`name-${k}`) & 1023) === 5) like.push(`name-${k}`);
    for (const given of [Array.from({ length: 10_000 }, (_, k) => `change/${k}`), like]) {
      const numbers = new NameNumbers();
      for (let turn = 0; turn < 2; turn++)
        expect(given.map((name) => numbers.of(name))).toEqual([...given.keys()]);
    }
  });
});

describe('findNames', () => {
  it('finds each of so many names that several tables are needed, and says what is not there', () => {
    // Strings of their own, as they come from a file.
    const given = Array.from({ length: 10_000 }, (_, k) => `change/${k}`);
    const wanted = [...given.map((_, k) => `change/${9_999 - k}`), 'change/-1', 'other'];
    const { found, twice } = findNames(given, wanted);
    expect([...found]).toEqual([...given.map((_, k) => 9_999 - k), -1, -1]);
    expect(twice).toBeUndefined();
  });

  it('tells a name that is there twice', () => {
    const given = Array.from({ length: 10_000 }, (_, k) => `change/${k === 9_000 ? 17 : k}`);
    expect(findNames(given, []).twice).toBe('change/17');
  });
});

it('sortRows sorts what each node points to, few or many', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(), { maxLength: 40 }), { maxLength: 10 }), (lists) => {
      const start = Int32Array.from([0, ...lists.map((_, k) => lists.slice(0, k + 1).flat().length)]);
      const sorted = sortRows({ start, to: Int32Array.from(lists.flat()) });
      expect(toLists(sorted)).toEqual(lists.map((list) => list.toSorted((a, b) => a - b)));
    }),
  );
});
