import fc from 'fast-check';
import { stringify } from 'yaml';
import { parsePlainItems } from '../../lib/plan/plain-yaml';
import { parseYaml } from '../../lib/plan/yaml-document';

/** What it makes of a text is what the parser makes of it, without a word of anything being wrong. */
function expectSame(text: string): void {
  const items = parsePlainItems(text);
  if (items === undefined) return;
  const read = parseYaml(text);
  if (!('value' in read))
    throw new Error(`the parser does not take ${JSON.stringify(text)}: ${JSON.stringify(read)}`);
  expect(items).toEqual(items.length === 0 ? (read.value ?? []) : read.value);
  expect(read.findings).toEqual([]);
}

describe('plain items', () => {
  it('are read as the parser reads them', () => {
    const text = `
  # a comment
  - name: feature/a-1.2
    deps: [b, c_d,e]

    hotfix: true
    priority: -5
  - sha: ${'0123456789'.repeat(3)}012345678f
    deps:
      - b
      # another
      - "it's: #1"
    branch: 'x "y" [z]'
  -   name: b
      deps:
      - c
      gates: []
`;
    expect(parsePlainItems(text)).toEqual([
      { name: 'feature/a-1.2', deps: ['b', 'c_d', 'e'], hotfix: true, priority: -5 },
      { sha: `${'0123456789'.repeat(3)}012345678f`, deps: ['b', "it's: #1"], branch: 'x "y" [z]' },
      { name: 'b', deps: ['c'], gates: [] },
    ]);
    expectSame(text);
  });

  it.each([
    '- name: null',
    '- name: 1e5',
    '- name: 0x1f',
    '- name: 010',
    '- name: a b',
    '- name: a # b',
    '- name: a\n  name: b',
    '- name:',
    '- name: a\n  deps:\n- name: b',
    '- name: "a\\n"',
    "- name: 'it''s'",
    '- name: &x a',
    '- name: |\n    a',
    '- name: a\n   b: c',
    '- name: a\n b: c',
    '- a',
    '- - a',
    '- name: a\n  gates:\n    - name: b',
    '- __proto__: a',
    '- true: a',
    '- name: [a, [b]]',
    '- name: [a, ]',
    '- name: {a: b}',
    '- name: a\r',
    '- name:\ta',
    `- sha: ${'1'.repeat(20)}e${'1'.repeat(19)}`,
  ])('%j is for the parser', (text) => {
    expect(parsePlainItems(text)).toBeUndefined();
  });

  const word = fc.constantFrom(
    'a',
    'b/c',
    'x-1.',
    'null',
    'True',
    'y',
    '1',
    '-2',
    '0',
    '1e3',
    '"q"',
    "'s'",
    '~',
    '[]',
    '[a, b]',
    '[a,b]',
    'a: b',
    '#',
    '',
  );
  it('are never read otherwise than by the parser, however a text is put together', () => {
    const piece = fc.constantFrom(
      '\n',
      '\n',
      ' ',
      '  ',
      '    ',
      '- ',
      '- ',
      'name: ',
      'deps:',
      'deps: ',
      'branch: ',
      '#',
      '"',
      "'",
      '\t',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, piece, word), { maxLength: 14 }), (parts) =>
        expectSame(`- name: x\n${parts.join('')}`),
      ),
      { numRuns: 1_500 },
    );
    const line = fc
      .tuple(
        fc.constantFrom('', '  ', '   ', '    '),
        fc.constantFrom('', '- ', '-   '),
        fc.constantFrom('name: ', 'deps:', 'deps: ', 'branch: ', 'a: ', ''),
        word,
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) =>
        expectSame(['- name: x', ...lines, ''].join('\n')),
      ),
      { numRuns: 1_500 },
    );
  });

  it('are never read otherwise than they were written', () => {
    const name = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom('a', 'feature/x', 'null', 'no', '12', 'item-7', "it's"),
    );
    const items = fc.array(
      fc.record(
        {
          name,
          branch: name,
          deps: fc.array(name, { maxLength: 3 }),
          priority: fc.integer(),
          hotfix: fc.boolean(),
        },
        { requiredKeys: ['name'] },
      ),
      { minLength: 1, maxLength: 4 },
    );
    const style = fc.record({ indentSeq: fc.boolean(), indent: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(items, style, (given, options) => {
        const text = stringify(given, options);
        const read = parsePlainItems(text);
        if (read !== undefined) expect(read).toEqual(given);
        expectSame(text);
      }),
      { numRuns: 300 },
    );
  });
});
