/** Both from 1; columns count UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Line and column of an offset in a text. */
export type Locate = (offset: number) => Position;

/** Finds the lines of a text once; each question after that is a binary search. */
export function textPositions(text: string): Locate {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/** Where a text ends that starts at a position. */
export function endOf(text: string, { line, column }: Position): Position {
  let lines = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines += 1;
  if (lines === 0) return { line, column: column + text.length };
  return { line: line + lines, column: text.length - text.lastIndexOf('\n') };
}

/** The position in a document of what stands at a position of a text in it, which starts at `start`. */
export function inDocument({ line, column }: Position, start: Position): Position {
  return { line: start.line + line - 1, column: line === 1 ? start.column + column - 1 : column };
}
