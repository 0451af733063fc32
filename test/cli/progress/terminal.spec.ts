import { runBundled } from '../run-bundled';
import { view } from './sample';

/** What the real sink, log-update with it, writes to a terminal without colours. */
const output = (script: string) =>
  runBundled(
    `import { liveProgress } from './lib/cli/progress/terminal';
    const view = ${JSON.stringify(view())};
    const sink = liveProgress(terminal);
    ${script}`,
    { NO_COLOR: '1' },
  );

/** What a terminal shows after the output: line feeds, and the sequences that log-update writes. */
function screenOf(written: string): string[] {
  const lines = [''];
  let row = 0;
  let column = 0;
  for (const [token, code] of written.matchAll(/\x1b\[(\??[\d;]*[A-Za-z])|\n|[^\x1b\n]/gu)) {
    if (token === '\n') {
      row += 1;
      column = 0;
    } else if (code === undefined) {
      const line = (lines[row] ?? '').padEnd(column);
      lines[row] = line.slice(0, column) + token + line.slice(column + 1);
      column += 1;
    } else if (code.endsWith('A')) row -= Number.parseInt(code, 10) || 1;
    else if (code.endsWith('B')) row += Number.parseInt(code, 10) || 1;
    else if (code === 'G') column = 0;
    else if (code === '2K') lines[row] = '';
    else if (code === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (!code.startsWith('?')) throw new Error(`a sequence that this terminal does not know: ${code}`);
    lines[row] ??= '';
  }
  return lines.map((line) => line.trimEnd());
}

describe('liveProgress', () => {
  it('redraws in place, below the lines that were written', () => {
    const screen = screenOf(
      output(`sink.update(view);
        sink.write('first log line\\n');
        setTimeout(() => {
          sink.event({ kind: 'note', text: 'held back' });
          sink.update({ ...view, gates: { ...view.gates, done: 13 } });
          setTimeout(() => process.exit(), 150);
        }, 150);`),
    );
    expect(screen.slice(0, 2)).toEqual(['first log line', 'held back']);
    expect(screen[2]).toContain('13/40 gates');
    expect(screen.filter((line) => line.includes('/40 gates'))).toHaveLength(1);
    expect(screen.filter((line) => /^1 .*test {2}api$/.test(line))).toHaveLength(1);
  });

  it('leaves only the written lines behind, and lets the process end', () => {
    const screen = screenOf(output(`sink.update(view); sink.write('log\\n'); sink.end();`));
    expect(screen.filter((line) => line !== '')).toEqual(['log']);
  });
});
