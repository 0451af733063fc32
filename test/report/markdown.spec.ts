import fc from 'fast-check';
import { renderMarkdown } from '../../lib/report/markdown';
import { code, fence, table } from '../../lib/report/markdown-text';
import { blocked, failed, fullReport, gate, HOSTILE, item, ran, report } from './sample';

const none = new Map<string, string>();
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('`', '|', '\\', ' ', '<', '@', '\n', 'a') }),
);

/** Cells of a row as GFM splits them: at every `|` without a backslash right before it. */
const cellsOf = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1);

describe('renderMarkdown', () => {
  it('marks what is in quarantine', () => {
    const watched = gate({
      name: 'watched',
      quarantined: true,
      blocking: false,
      status: 'fail',
      exitCode: 1,
    });
    const text = renderMarkdown(
      { ...fullReport(), items: [item('a', { gates: [gate(), watched] })] },
      new Map(),
    );
    expect(text).toContain('1 pass, 1 fail (quarantined)');
    expect(text).toContain('### `watched` of `a` (quarantined, blocks nothing)');
  });

  it('starts with what landed where and in how long', () => {
    const text = renderMarkdown(fullReport(), none);
    expect(text).toMatch(/^# Merged 2 of 6 items into `main` in 10s: 1{10} → 2{10}, 1 is there already\.\n/);
  });

  it('says clearly that a dry run moved nothing', () => {
    const text = renderMarkdown(report([item('a')], { dryRun: true }), none);
    expect(text).toMatch(/^# Dry run: 1 item would be merged into `main`; no ref was moved/);
    expect(text).toContain('would be merged |');
  });

  it('has a row for every item, with status and reason, failed and blocked first', () => {
    const lines = renderMarkdown(fullReport(), none).split('\n');
    const rows = lines.filter((line) => /^\| `(base|flaky|api|web|app|old)`/.test(line));
    expect(
      rows.map((row) =>
        cellsOf(row)
          .slice(0, 2)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ['`api`', 'failed'],
      ['`web`', 'blocked'],
      ['`app`', 'blocked'],
      ['`base`', 'merged'],
      ['`flaky`', 'merged'],
      ['`old`', 'there already'],
    ]);
    expect(rows[0]).toContain('gate-failed: test exited with 1');
    expect(rows[5]).toContain('nothing to do');
  });

  it('shows failed gates with how they ended, their log and its last lines', () => {
    const text = renderMarkdown(
      fullReport(),
      new Map([['logs/api/test.log', 'one\n\x1b[31mtwo\x1b[0m\nthree']]),
    );
    expect(text).toContain(
      '### `test` of `api`\n\nexited with 1; log: `logs/api/test.log`\n\n```text\none\ntwo\nthree\n```',
    );
    expect(text).toContain('### `slow` of `api`\n\n`timed out after 2 s`');
  });

  it('shows the whole chain of a block, integration, timings, cache and warnings', () => {
    const text = renderMarkdown(fullReport(), none);
    expect(text).toContain('- `app` → `web` → `api`');
    expect(text).toContain('## Integration');
    expect(text).toContain('`refs/heads/integration/main/run-1`');
    expect(text).toContain('Flaky: `test` of `flaky` passed at attempt 2');
    expect(text).toContain('Gates: 6 ran, 1 from the cache, 2 failed, 1 failed and tried again; 11s in all');
    // 11 s of gates on two lanes in 10 s.
    expect(text).toContain('Lanes: 2, busy with gates 55 % of the run');
    expect(text).toContain('| `merge-order` | 1 | 3 | 0 | 25 % |');
    expect(text).toContain('- `landed, but a work tree is not updated`');
  });

  it('leaves out what there is nothing to say about', () => {
    const text = renderMarkdown(report([item('a')]), none);
    for (const title of ['Failed gates', 'Blocked', 'Integration', 'Cache', 'Warnings'])
      expect(text).not.toContain(`## ${title}`);
  });

  it('keeps its structure whatever names, reasons and logs hold', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, reason, log) => {
        const render = (n: string, r: string, l: string) =>
          renderMarkdown(
            report(
              [
                failed(n, r, { gates: [ran(0, 0, 1, { name: n, status: 'fail', note: r, log: 'log' })] }),
                blocked([`${n}x`, n]),
              ],
              { warnings: [r], runId: n },
            ),
            new Map([['log', l]]),
          );
        const shape = (text: string) => {
          const body = text.replace(/^(`{3,})text\n[\s\S]*?\n\1$/m, '<block>');
          return body
            .split('\n')
            .map((line) =>
              line.startsWith('|') ? cellsOf(line).length : line.match(/^(#+ \w*|- |<block>|)/)![0],
            );
        };
        expect(shape(render(name, reason, `x${log}`))).toEqual(shape(render('n', 'r', 'x')));
      }),
    );
  });
});

describe('code', () => {
  it('cannot be left by the text in it, nor span lines', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const span = code(text);
        const [ticks] = span.match(/^`+/)!;
        const inside = span.slice(ticks.length, -ticks.length);
        expect(span.endsWith(ticks)).toBe(true);
        expect((inside.match(/`+/g) ?? []).every((run) => run.length !== ticks.length)).toBe(true);
        expect(inside).toMatch(/^[^`](.*[^`])?$/s);
        expect(span).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
      }),
    );
  });
});

describe('fence', () => {
  it('is longer than any run of backticks in the lines', () => {
    expect(fence('a\n````\nb')).toBe('`````text\na\n````\nb\n`````');
  });
});

describe('table', () => {
  it('has as many cells in every row as in its head, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1 }), (texts) => {
        const lines = table(
          ['a', 'b'],
          texts.map((text) => [code(text), 'x']),
        ).split('\n');
        expect(lines).toHaveLength(texts.length + 2);
        expect(lines.every((line) => cellsOf(line).length === 2)).toBe(true);
      }),
    );
  });
});
