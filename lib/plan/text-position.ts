/** Line and column of an offset in a text, both from 1; columns count UTF-16 units, as editors do. */
export type Locate = (offset: number) => { readonly line: number; readonly column: number };

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
