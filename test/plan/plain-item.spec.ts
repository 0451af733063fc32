import fc from 'fast-check';
import { itemSchema, plainItem } from '../../lib/plan/plain-item';

const name = fc.oneof(
  fc.constantFrom('a', 'feature/a', 'é💥', 'x'.repeat(255)),
  fc.constantFrom<unknown>('', 'a\n', '\ud83d', 'x'.repeat(256), 5, null, undefined, ['a']),
);
const branch = fc.oneof(fc.constantFrom('x', 'y/z'), fc.constantFrom<unknown>('..', 'a.lock', '', 5, null));
const value = fc.oneof(
  fc.record(
    {
      name,
      branch,
      deps: fc.oneof(fc.array(name, { maxLength: 3 }), fc.constantFrom<unknown>(null, 'a', {}, [[]])),
      priority: fc.constantFrom<unknown>(0, 5, 'x'),
      hotfix: fc.boolean(),
      sha: fc.constant('0'.repeat(40)),
      ['__proto__']: fc.constant({}),
      itmes: fc.constant([]),
    },
    { requiredKeys: ['name'] },
  ),
  fc.constantFrom<unknown>(null, undefined, 5, 'text', [], ['a'], {}),
);

describe('plainItem', () => {
  it('is what the schema makes of it, or leaves it to the schema', () => {
    fc.assert(
      fc.property(value, (given) => {
        const item = plainItem(given);
        if (item !== undefined) expect(itemSchema.parse(given)).toEqual(item);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes what most items are', () => {
    for (const given of [
      { name: 'a' },
      { name: 'a', deps: ['b', 'é💥'] },
      { deps: [], branch: 'feature/a', name: 'a' },
    ])
      expect(plainItem(given)).toEqual({ deps: [], priority: 0, hotfix: false, ...given });
  });
});
