/**
 * The names in a word of a `Depends-on` trailer. A name may hold commas, which also separate names: what is known
 * counts, the longest first; a word with nothing known in it is one name.
 * @param word without spaces
 */
export function namesIn(word: string, isKnown: (name: string) => boolean): string[] {
  if (isKnown(word)) return [word];
  const parts = partsOf(word);
  const names: string[] = [];
  let knowsAny = false;
  for (let at = 0; at < parts.length; ) {
    let end = Math.min(parts.length, at + MOST_JOINED);
    while (end > at + 1 && !isKnown(joined(parts, at, end))) end -= 1;
    const name = joined(parts, at, end);
    knowsAny ||= isKnown(name);
    names.push(name);
    at = end;
  }
  return knowsAny || parts.length === 0 ? names : [parts.join(',')];
}

/** All that may be a name in a word. */
export function candidatesIn(word: string): string[] {
  const parts = partsOf(word);
  const found = new Set([word]);
  for (let at = 0; at < parts.length; at++)
    for (let end = at + 1; end <= Math.min(parts.length, at + MOST_JOINED); end++)
      found.add(joined(parts, at, end));
  return [...found];
}

/** A name with more commas than this is only known as a word of its own. */
const MOST_JOINED = 8;

const partsOf = (word: string) => word.split(',').filter((part) => part !== '');
const joined = (parts: readonly string[], from: number, to: number) => parts.slice(from, to).join(',');
