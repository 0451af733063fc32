import fc from 'fast-check';
import { load, plan, problemsOf } from './plans';

jest.setTimeout(120_000);

const SIZE = 10_000_000;
/** Where every value costs an error of its own: many more than fit in the arguments of a call. */
const WRONG = 2_000_000;
const repeat = (text: string, size = SIZE) => text.repeat(Math.floor(size / text.length));

describe('a hostile document', () => {
  it.each([
    [
      'billion laughs',
      `a0: &a0 [x, x]\n${Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).join('')}`,
    ],
    ['100,000 lists inside each other', '['.repeat(100_000)],
    ['100,000 lists inside each other, closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['100,000 block lists inside each other', '- '.repeat(100_000)],
    ['100,000 JSON mappings inside each other', `${'{"items":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['10 MB of brackets', repeat('[')],
    ['10 MB of dashes', repeat('- ')],
    ['10 MB of one word', repeat('x')],
    ['10 MB of wrong items', `{"items":[${repeat('1,')}1]}`],
    ['2 MB of empty items', `{"items":[${repeat('{},', WRONG)}{}]}`],
    ['2 MB of wrong dependencies', `{"items":[{"name":"a","deps":[${repeat('1,', WRONG)}1]}]}`],
    ['200,000 unknown keys', `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
    ['200,000 equal keys in YAML', 'a: 1\n'.repeat(200_000)],
    ['200,000 syntax errors', `[${','.repeat(200_000)}`],
    ['a text above the size limit', ' '.repeat(60_000_000)],
  ])('of %s costs an error', (_, text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
  });

  it('is not reported beyond 1000 problems, and says so', () => {
    const found = problemsOf(plan({ items: Array.from({ length: 3000 }, () => 1) }));
    expect(found).toHaveLength(1001);
    expect(found.at(-1)!.code).toBe('more-problems');
  });

  it('does not pollute any prototype', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const json = `{"${key}":{"polluted":1},"items":[{"name":"a","${key}":{"polluted":1}}],"policy":{"${key}":{}}}`;
      const yaml = `${key}: {polluted: 1}\nitems: [{name: a, ${key}: {polluted: 1}}]\npolicy: {${key}: {}}`;
      for (const text of [json, yaml])
        expect(
          problemsOf(text)
            .filter((p) => p.code === 'unknown-key')
            .map((p) => p.path),
        ).toEqual([key, `items[0].${key}`, `policy.${key}`]);
      const mappings = `{"gates":[{"name":"g","run":"x","env":{"__proto__":"x"}}],"policy":{"retries":{"__proto__":{}}}}`;
      expect(problemsOf(mappings).filter((p) => p.code === 'unknown-key')).toHaveLength(2);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('of 10 MB loads where it is a plan', () => {
    const items = Array.from({ length: 100_000 }, (_, i) => ({
      name: `item-${i}`,
      branch: `feature/branch-${i}`,
      deps: i < 3 ? [] : [`item-${i - 1}`, `item-${i - 2}`, `item-${i - 3}`],
    }));
    expect(load(plan({ items })).items).toHaveLength(100_000);
  });

  it('of any kind is refused with an InputError, or is a plan', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void problemsOf(text)),
      { numRuns: 300 },
    );
    const yaml = fc
      .array(
        fc.constantFrom(
          'a',
          ': ',
          '- ',
          '\n',
          ' ',
          '[',
          ']',
          '{',
          '}',
          ',',
          '"',
          "'",
          '&x ',
          '*x',
          '!t ',
          '|',
          '>',
          '#',
          '? ',
          '---\n',
          '\t',
          '%',
          '\r\n',
          'items:',
          'gates:',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(yaml, (text) => void problemsOf(text)),
      { numRuns: 2000 },
    );
  });

  it('with any value at any place is refused with an InputError, or is a plan', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('test', 'a', 'none', 0, 1));
    const sometimes = (key: string) => fc.record({ [key]: value }, { requiredKeys: [] });
    const fields = ['schemaVersion', 'repository', 'target', 'gates', 'policy', 'items'];
    const inner = [
      'name',
      'run',
      'env',
      'deps',
      'gates',
      'integration',
      'retries',
      'performance',
      'requiredGates',
    ];
    const some = (keys: readonly string[]) =>
      fc.tuple(...keys.map(sometimes)).map((parts) => Object.assign({}, ...parts));
    const document = fc
      .tuple(some(fields), fc.array(some(inner)), some(inner))
      .map(([root, items, policy]) => JSON.stringify({ items, policy, ...root }));
    fc.assert(
      fc.property(document, (text) => void problemsOf(text)),
      { numRuns: 1000 },
    );
  });
});
