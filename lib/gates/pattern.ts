/**
 * Glob patterns as in the shell: `*` and `?` match within a name, `[a-z]` and `[!a-z]` a character, `**` any
 * number of folders; `\` takes away a character's meaning. Wildcards do not match a name's leading dot.
 */
export type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'wildcard'; readonly matches: (name: string) => boolean }
  | { readonly kind: 'folders' };

/** The segments of a relative pattern; undefined for an absolute one and for one that holds `..`. */
export function parsePattern(pattern: string): Segment[] | undefined {
  if (pattern.startsWith('/')) return undefined;
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  // Trailing `**` is everything below.
  if (parts.at(-1) === '**') parts.push('*');
  const segments = parts
    .filter((part, index) => part !== '**' || parts[index - 1] !== '**')
    .map(parseSegment);
  // Looked at after parsing: `\.\.` is `..` as well.
  return segments.some((segment) => segment.kind === 'name' && segment.name === '..') ? undefined : segments;
}

type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'one'; readonly accepts: (character: string) => boolean; readonly literal?: string };

function parseSegment(segment: string): Segment {
  if (segment === '**') return { kind: 'folders' };
  const tokens = tokenize([...segment]);
  const literals = tokens.map((token) => (token.kind === 'one' ? token.literal : undefined));
  if (literals.every((literal) => literal !== undefined)) return { kind: 'name', name: literals.join('') };
  const dotted = literals[0] === '.';
  return {
    kind: 'wildcard',
    matches: (name) => (dotted || !name.startsWith('.')) && matchTokens(tokens, [...name]),
  };
}

function tokenize(characters: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at]!;
    const set = character === '[' ? parseSet(characters, at) : undefined;
    if (character === '*') tokens.push({ kind: 'star' });
    else if (character === '?') tokens.push({ kind: 'one', accepts: () => true });
    else if (set !== undefined) {
      tokens.push({ kind: 'one', accepts: set.accepts });
      at = set.end;
    } else {
      if (character === '\\' && at + 1 < characters.length) at += 1;
      const literal = characters[at]!;
      tokens.push({ kind: 'one', accepts: (other) => other === literal, literal });
    }
  }
  return tokens;
}

/** A bracket expression that starts at `start`; undefined where none is closed, and `[` means itself. */
function parseSet(characters: readonly string[], start: number) {
  const negated = characters[start + 1] === '!' || characters[start + 1] === '^';
  const first = start + (negated ? 2 : 1);
  // A `]` that comes first is a member.
  const end = characters.indexOf(']', first + 1);
  if (end === -1) return undefined;
  const ranges: [string, string][] = [];
  for (let at = first; at < end; at += 1) {
    const isRange = characters[at + 1] === '-' && at + 2 < end;
    ranges.push([characters[at]!, characters[isRange ? at + 2 : at]!]);
    if (isRange) at += 2;
  }
  const accepts = (character: string) =>
    ranges.some(
      ([low, high]) => codePoint(low) <= codePoint(character) && codePoint(character) <= codePoint(high),
    ) !== negated;
  return { end, accepts };
}

const codePoint = (character: string) => character.codePointAt(0)!;

/** Linear in tokens × characters: on a mismatch only the last star takes one more character. */
function matchTokens(tokens: readonly Token[], characters: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star: { token: number; at: number } | undefined;
  while (at < characters.length) {
    const current = tokens[token];
    if (current?.kind === 'star') {
      star = { token, at };
      token += 1;
    } else if (current?.accepts(characters[at]!)) {
      token += 1;
      at += 1;
    } else if (star !== undefined) {
      star.at += 1;
      token = star.token + 1;
      at = star.at;
    } else return false;
  }
  return tokens.slice(token).every(({ kind }) => kind === 'star');
}
