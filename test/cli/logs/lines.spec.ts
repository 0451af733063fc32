import fc from 'fast-check';
import { createLines } from '../../../lib/cli/logs/lines';
import { shownLine } from '../../../lib/cli/logs/shown';

describe('lines', () => {
  it('are the same wherever the bytes are cut', () => {
    const bytes = fc
      .uint8Array({ maxLength: 200 })
      .map((all) => all.map((byte) => (byte % 4 === 0 ? 10 : byte)));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 200 })), (all, cuts) => {
        const lines = createLines();
        const ends = [...cuts.filter((cut) => cut <= all.length).sort((a, b) => a - b), all.length];
        const found: Buffer[] = [];
        for (const [k, end] of ends.entries())
          found.push(...lines.push(all.subarray(k === 0 ? 0 : ends[k - 1], end)));
        found.push(...lines.rest());
        const expected = Buffer.from(all).toString('latin1').split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(found.map((line) => line.toString('latin1'))).toEqual(expected);
        expect(lines.rest()).toEqual([]);
      }),
    );
  });

  it('that are very long come in parts, and nothing is lost', () => {
    const lines = createLines();
    const long = Buffer.alloc(1_000_000, 'x');
    const found = [
      ...lines.push(long),
      ...lines.push(Buffer.concat([long, Buffer.from('\n')])),
      ...lines.rest(),
    ];
    expect(Math.max(...found.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    expect(Buffer.concat(found).length).toBe(2_000_000);
  });
});

describe('a line on a terminal', () => {
  it.each([
    ['\x1b[1;31mred\x1b[0m', 'red'],
    ['a\tb', 'a\tb'],
    ['windows\r', 'windows'],
    ['\x1b]0;title\x07', '\\u001b]0;title\\u0007'],
    ['\x1b[2Jgone', '\\u001b[2Jgone'],
    ['50%\r100%', '50%\\u000d100%'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['ümläut 日本', 'ümläut 日本'],
  ])('%j is shown as %j', (line, shown) => expect(shownLine(line)).toBe(shown));

  it('holds no control character but tabs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        expect(shownLine(line)).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e]/);
      }),
    );
  });
});
