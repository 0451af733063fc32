import fc from 'fast-check';
import { readAnswers } from '../../lib/gates/answers';

const TOKEN = 'aab';

/** What comes out where the stream arrives in pieces that end at `cuts`. */
function read(stream: Buffer, cuts: readonly number[]) {
  const output: Buffer[] = [];
  const answers: { after: number; text: string }[] = [];
  const length = () => output.reduce((sum, part) => sum + part.length, 0);
  const reader = readAnswers(
    TOKEN,
    (part) => output.push(Buffer.from(part)),
    (text) => answers.push({ after: length(), text }),
  );
  const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  let from = 0;
  const reused = Buffer.alloc(stream.length);
  for (const end of ends) {
    const chunk = reused.subarray(0, stream.copy(reused, 0, from, end));
    reader.push(chunk);
    // As a buffer is that takes the next.
    chunk.fill('a');
    from = end;
  }
  output.push(Buffer.from(reader.rest()));
  return { output: Buffer.concat(output).toString('latin1'), answers };
}

const outputs = fc
  .string({ unit: fc.constantFrom('a', 'b', '\n', '\xff'), maxLength: 12 })
  .filter((text) => !text.includes(TOKEN));

describe('answers among output', () => {
  it('come apart from it, each at its place, however the stream is cut', () => {
    const parts = fc.array(fc.record({ output: outputs, text: fc.constantFrom('held 7', 'ended 0 1', '') }));
    fc.assert(
      fc.property(parts, outputs, fc.array(fc.nat()), (all, last, cuts) => {
        const given = [...all.map(({ output }) => output), last];
        const stream = given.map((text, k) => (k < all.length ? `${text}${TOKEN} ${all[k]!.text}\n` : text));
        const seen = read(Buffer.from(stream.join(''), 'latin1'), cuts);
        expect(seen.output).toBe(given.join(''));
        expect(seen.answers.map(({ text }) => text)).toEqual(all.map(({ text }) => text));
        const before = given.slice(0, -1).map((_, k) => given.slice(0, k + 1).join('').length);
        expect(seen.answers.map(({ after }) => after)).toEqual(before);
      }),
    );
  });

  it('that never end stay back, and so does what may begin one, for the end', () => {
    expect(read(Buffer.from('xaab hel'), [])).toEqual({ output: 'xaab hel', answers: [] });
    expect(read(Buffer.from('xaa'), [2])).toEqual({ output: 'xaa', answers: [] });
  });
});
