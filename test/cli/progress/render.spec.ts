import fc from 'fast-check';
import { renderProgress } from '../../../lib/cli/progress/render';
import { plainStyle } from '../../../lib/cli/style';
import { displayWidth } from '../../../lib/report/width';
import { busyLanes, view } from './sample';

const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('日本語'.repeat(30), '🚀'.repeat(40), '\x1b[2J\x1b[H', 'a\nb', `e${'\u0301'.repeat(50)}`),
);
const count = fc.nat({ max: 1_000_000 });
const anyView = fc.record({
  phase: fc.constantFrom('gates', 'weave', 'verify', 'land', 'done'),
  startedAt: count,
  now: fc.nat({ max: 2 ** 40 }),
  items: fc.record({
    total: count,
    passed: count,
    failed: count,
    blocked: count,
    running: count,
    waiting: count,
  }),
  gates: fc.record({ total: count, done: count, running: count, cached: count }),
  lanes: fc.array(fc.option(fc.record({ item: fc.option(anyName), gate: anyName, since: count })), {
    maxLength: 70,
  }),
  timeLeftMs: fc.option(count, { nil: undefined }),
} as const);

describe('renderProgress', () => {
  it('shows phase, gates, times and what each lane does', () => {
    const [bar, items, ...lanes] = renderProgress(view(), 100, plainStyle);
    expect(bar).toMatch(/ running gates {2}12\/40 gates \(4 cached\) {2}1m 05s, about 2m 00s left$/);
    expect(items).toBe('20 items: 5 passed 1 failed 2 blocked 3 running 9 waiting');
    expect(lanes).toEqual([expect.stringMatching(/^1 +12s +test +api$/), '2 ·']);
  });

  it('names the phase, and says nothing of the time left where it is not known', () => {
    const [bar] = renderProgress(view({ phase: 'weave', timeLeftMs: undefined }), 100, plainStyle);
    expect(bar).toContain('weaving');
    expect(bar).not.toContain('left');
  });

  it('says that a lane works on the woven commit', () => {
    const lanes = [{ item: null, gate: 'test', since: 0 }];
    expect(renderProgress(view({ phase: 'verify', lanes }), 80, plainStyle).at(-1)).toMatch(
      /the woven commit$/,
    );
  });

  it('fits 16 lanes on a terminal of 24 rows, each on its own line', () => {
    const lines = renderProgress(view({ lanes: busyLanes(16) }), 80, plainStyle, 24);
    expect(lines.length).toBeLessThan(24);
    for (let lane = 0; lane < 16; lane++)
      expect(lines.filter((line) => line.endsWith(` item-${lane}`))).toHaveLength(1);
  });

  it('counts the lanes that do not fit, and shows those at work', () => {
    const lanes = [...new Array<null>(30).fill(null), ...busyLanes(34)];
    const lines = renderProgress(view({ lanes }), 80, plainStyle, 24);
    expect(lines).toHaveLength(23);
    expect(lines.at(-1)).toBe('… 14 more lanes at work, 30 waiting for work');
    expect(lines.slice(2, -1).every((line) => line.includes('item-'))).toBe(true);
  });

  it('cuts a long or wide name to the width', () => {
    const lanes = busyLanes(1, () => '日本語'.repeat(50));
    const line = renderProgress(view({ lanes }), 40, plainStyle)[2]!;
    expect(displayWidth(line)).toBeLessThanOrEqual(40);
    expect(line).toMatch(/test +日本.*…$/);
  });

  it('never is wider than the terminal or higher than leaves room for the cursor, and shows no controls', () => {
    fc.assert(
      fc.property(anyView, fc.nat({ max: 120 }), fc.nat({ max: 40 }), (given, width, rows) => {
        const lines = renderProgress(given, width, plainStyle, rows);
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
        for (const line of lines) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
        }
      }),
    );
  });

  it('colours without changing the text', () => {
    const mark = (text: string) => `\x1b[1m${text}\x1b[0m`;
    const marked = { bold: mark, dim: mark, red: mark, green: mark, yellow: mark, cyan: mark };
    for (const width of [100, 50, 10]) {
      const coloured = renderProgress(view(), width, marked);
      expect(coloured.map((line) => line.replaceAll(/\x1b\[\dm/g, ''))).toEqual(
        renderProgress(view(), width, plainStyle),
      );
    }
  });
});
