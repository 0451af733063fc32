/**
 * Takes apart what comes through one pipe: a program's output, and between it lines which begin with a token that the
 * program does not know. Such a line may follow on output without an end of line, and come in pieces.
 */
export interface AnswerReader {
  /** Does not keep the chunk. */
  push(chunk: Uint8Array): void;
  /** What was held back because it might have become an answer; nothing comes after it. */
  rest(): Uint8Array;
}

const END_OF_LINE = 10;

/**
 * @param token at least one character, one byte each (latin1)
 * @param onOutput gets parts of the chunks, not to be kept, never empty
 * @param onAnswer gets the words of a line after the token, with a space between; what it throws, `push` throws
 */
export function readAnswers(
  token: string,
  onOutput: (part: Uint8Array) => void,
  onAnswer: (answer: string) => void,
): AnswerReader {
  const mark = Buffer.from(token, 'latin1');
  let kept = Buffer.alloc(0);
  const give = (part: Uint8Array) => {
    if (part.length > 0) onOutput(part);
  };
  return {
    push(chunk) {
      let bytes = kept.length === 0 ? asBuffer(chunk) : Buffer.concat([kept, chunk]);
      for (;;) {
        const at = bytes.indexOf(mark);
        const end = at < 0 ? -1 : bytes.indexOf(END_OF_LINE, at);
        if (end < 0) {
          const from = at < 0 ? bytes.length - beginningAtEnd(bytes, mark) : at;
          give(bytes.subarray(0, from));
          kept = Buffer.from(bytes.subarray(from));
          return;
        }
        give(bytes.subarray(0, at));
        const answer = bytes.toString('latin1', at + mark.length, end).trimStart();
        bytes = bytes.subarray(end + 1);
        onAnswer(answer);
      }
    },
    rest: () => kept,
  };
}

const asBuffer = (chunk: Uint8Array) => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);

/** How many of the last bytes are the beginning of `mark`. */
function beginningAtEnd(bytes: Buffer, mark: Buffer): number {
  for (let length = Math.min(mark.length - 1, bytes.length); length > 0; length--)
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length;
  return 0;
}
