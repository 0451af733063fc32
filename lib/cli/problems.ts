import type { Problem } from '../errors';
import { printable } from '../telemetry/printable';
import { plainStyle, type Style } from './style';

/** A person reads a few; a script may read many, but not a hostile plan's millions. */
const MOST = { text: 20, json: 10_000 } as const;

/** Characters of a message or a place that a person is shown: a name may be the whole of a hostile plan. */
const LONGEST = 600;

/**
 * Refusals in words, for standard error: `plan.yaml:12:7 items[2].deps[0]: unknown dependency "a"`, the hint
 * on lines of its own. Of many only the first, and how many more there are.
 * @returns lines, each with its newline
 */
export function problemsAsText(problems: readonly Problem[], style: Style = plainStyle): string {
  const more = problems.length - MOST.text;
  const lines = problems.slice(0, MOST.text).map((problem) => renderProblem(problem, style));
  if (more > 0)
    lines.push(`… and ${more} more ${more === 1 ? 'problem' : 'problems'}, with --json all of them`);
  return lines.map((line) => `${line}\n`).join('');
}

function renderProblem({ message, file, path, line, column, hint }: Problem, style: Style): string {
  const position = [file, line, column].filter((part) => part !== undefined).join(':');
  const where = [position, path ?? '']
    .filter((part) => part !== '')
    .map((text) => shown(text))
    .join(' ');
  const head = `${where === '' ? '' : `${style.bold(where)}: `}${style.red(shown(message))}`;
  const hints = hint === undefined ? [] : hint.split('\n').map((text) => `    ${style.dim(printable(text))}`);
  return [head, ...hints].join('\n');
}

/** Its beginning and its end, where it is too long. */
function shown(text: string): string {
  const characters = text.length <= LONGEST ? [] : [...text];
  if (characters.length <= LONGEST) return printable(text);
  const half = LONGEST / 2;
  return printable(`${characters.slice(0, half).join('')} … ${characters.slice(-half).join('')}`);
}

/**
 * What `--json` prints on standard output when a command refuses its input. Every key is always there, null
 * where it does not apply. Of more than 10,000 the last says how many are left out.
 * @returns one line of JSON with its newline, safe to show on a terminal
 */
export function problemsAsJson(problems: readonly Problem[]): string {
  const errors = atMost(problems).map(({ code, message, file, path, line, column, hint }) => ({
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

function atMost(problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - MOST.json;
  if (more <= 0) return problems;
  const last = {
    code: 'more-problems',
    message: `there are ${more} more problems`,
    hint: 'correct these first',
  };
  return [...problems.slice(0, MOST.json), last];
}
