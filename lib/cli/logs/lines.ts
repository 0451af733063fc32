/** A longer line is handed on in parts: an output need not have any. */
const LONGEST = 64 << 10;
const NEWLINE = 0x0a;

/** Makes lines of bytes that come in parts. */
export interface Lines {
  /** @returns the lines that are complete with these bytes, without their newlines */
  push(bytes: Uint8Array): Buffer[];
  /** @returns what is left at the end without a newline, if there is something */
  rest(): Buffer[];
}

export function createLines(): Lines {
  let open = Buffer.alloc(0);
  return {
    push(bytes) {
      const lines: Buffer[] = [];
      let all = Buffer.concat([open, bytes]);
      for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE)) {
        lines.push(...parts(all.subarray(0, end)));
        all = all.subarray(end + 1);
      }
      while (all.length > LONGEST) {
        lines.push(all.subarray(0, LONGEST));
        all = all.subarray(LONGEST);
      }
      open = Buffer.from(all);
      return lines;
    },
    rest() {
      const last = open;
      open = Buffer.alloc(0);
      return last.length === 0 ? [] : [last];
    },
  };
}

function parts(line: Buffer): Buffer[] {
  if (line.length <= LONGEST) return [line];
  return Array.from({ length: Math.ceil(line.length / LONGEST) }, (_, k) =>
    line.subarray(k * LONGEST, (k + 1) * LONGEST),
  );
}
