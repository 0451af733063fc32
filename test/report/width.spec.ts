import fc from 'fast-check';
import { cut, displayWidth, pad } from '../../lib/report/width';

const anyText = fc.string({ unit: 'binary' });

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['日本語', 6],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['e\u0301', 1],
    ['🚀', 2],
    ['❤\ufe0f', 2],
    ['a…b', 3],
  ])('of %j is %d', (text, width) => expect(displayWidth(text)).toBe(width));
});

describe('cut', () => {
  it('never takes more columns than it is given, and keeps what fits', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 30 }), (text, columns) => {
        const kept = cut(text, columns);
        expect(displayWidth(kept)).toBeLessThanOrEqual(columns);
        if (displayWidth(text) <= columns) expect(kept).toBe(text);
        else if (columns > 0) expect(kept.endsWith('…') && text.startsWith(kept.slice(0, -1))).toBe(true);
      }),
    );
  });

  it('does not cut a wide character in half', () => expect(cut('日本語', 4)).toBe('日…'));
});

describe('pad', () => {
  it('fills up to the columns', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 30 }), (text, columns) => {
        expect(displayWidth(pad(text, columns))).toBe(Math.max(columns, displayWidth(text)));
      }),
    );
  });
});
