import { printable } from '../telemetry/printable';

/** Text from outside, in GitHub-flavoured Markdown: https://github.github.com/gfm/. */

/** A code span on one line that the text cannot leave. */
export function code(text: string): string {
  const shown = printable(text);
  if (shown.trim() === '') return `\`"${shown}"\``;
  const ticks = '`'.repeat(longestRun(shown) + 1);
  // One space on each side is taken away again (spec, code spans); it keeps the text's own ticks apart.
  const space = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${ticks}${space}${shown}${space}${ticks}`;
}

/** A code block around lines. */
export function fence(lines: string): string {
  const ticks = '`'.repeat(Math.max(3, longestRun(lines) + 1));
  return `${ticks}text\n${lines}\n${ticks}`;
}

/** A table. `|` ends a cell even within a code span, unless escaped (GFM, example 200). */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
