import type { Problem } from '../errors';
import { printable } from '../telemetry/printable';
import { plainStyle, type Style } from './style';

/**
 * Refusals in words, for standard error: `plan.yaml:12:7 items[2].deps[0]: unknown dependency "a"`, the hint
 * on lines of its own.
 * @returns lines, each with its newline
 */
export function problemsAsText(problems: readonly Problem[], style: Style = plainStyle): string {
  return problems.map((problem) => `${renderProblem(problem, style)}\n`).join('');
}

function renderProblem({ message, file, path, line, column, hint }: Problem, style: Style): string {
  const position = [file, line, column].filter((part) => part !== undefined).join(':');
  const where = [position, path ?? '']
    .filter((part) => part !== '')
    .map(printable)
    .join(' ');
  const head = `${where === '' ? '' : `${style.bold(where)}: `}${style.red(printable(message))}`;
  const hints = hint === undefined ? [] : hint.split('\n').map((text) => `    ${style.dim(printable(text))}`);
  return [head, ...hints].join('\n');
}

/**
 * What `--json` prints on standard output when a command refuses its input. Every key is always there, null
 * where it does not apply.
 * @returns one line of JSON with its newline, safe to show on a terminal
 */
export function problemsAsJson(problems: readonly Problem[]): string {
  const errors = problems.map(({ code, message, file, path, line, column, hint }) => ({
    code,
    message,
    file: file ?? null,
    path: path ?? null,
    line: line ?? null,
    column: column ?? null,
    hint: hint ?? null,
  }));
  return `${printable(JSON.stringify({ errors }))}\n`;
}
