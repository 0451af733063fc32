/** Control characters (C0, DEL, C1), line separators, and what changes the direction of text. */
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text that a terminal shows as it is, on one line: a branch name or a message from elsewhere cannot move
 * the cursor, change colours or reorder what is read. Escapes are those of JavaScript strings.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
