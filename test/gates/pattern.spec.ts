import { parsePattern } from '../../lib/gates/pattern';

/** Whether a pattern of one segment matches a name. */
function matches(pattern: string, name: string): boolean {
  const [segment] = parsePattern(pattern)!;
  if (segment?.kind === 'wildcard') return segment.matches(name);
  return segment?.kind === 'name' && segment.name === name;
}

it.each([
  ['*', 'a.txt', true],
  ['*', '.hidden', false],
  ['.*', '.hidden', true],
  ['?hidden', '.hidden', false],
  ['*.xml', 'a.xml', true],
  ['*.xml', 'a.xml.bak', false],
  ['a*b*c', 'a-b-bc', true],
  ['a*b*c', 'acb', false],
  ['?', '😀', true],
  ['??', '😀', false],
  ['[a-c]x', 'bx', true],
  ['[a-c]x', 'dx', false],
  ['[!a-c]x', 'dx', true],
  ['[^a]', 'a', false],
  ['[]x]', ']', true],
  ['[a-]', '-', true],
  ['[open', '[open', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['\\[a]', '[a]', true],
  ['a\\', 'a\\', true],
  ['*', 'with\nnewline', true],
  ['-*', '-rf', true],
  ['(a|b).+', '(a|b).+', true],
  ['ünï*', 'ünïcode', true],
])('%j on %j is %j', (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected);
});

it('matches in linear time', () => {
  expect(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(250))).toBe(false);
});

it.each(['/etc/*', '..', '../x', 'a/../b', 'a/..', '\\.\\./x', '.\\./x'])('refuses %j', (pattern) => {
  expect(parsePattern(pattern)).toBeUndefined();
});

it('ignores what means nothing: `.`, doubled slashes and doubled `**`', () => {
  const kinds = (pattern: string) => parsePattern(pattern)!.map(({ kind }) => kind);
  expect(kinds('./a//b/')).toEqual(['name', 'name']);
  expect(kinds('**/**/a')).toEqual(['folders', 'name']);
  expect(kinds('a/**')).toEqual(['name', 'folders', 'wildcard']);
  expect(kinds('.')).toEqual([]);
});
