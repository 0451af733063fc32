import { type Command, CommanderError } from 'commander';
import { EndedEarly, Fault, InputError, type Problem, refuse } from '../errors';
import { ExitCode, type Io } from './io';
import { problemsAsJson, problemsAsText } from './problems';
import { style } from './style';
import { usageHint } from './usage-hint';

/**
 * What went wrong, in words or as JSON, and the exit code for it.
 * @param help what prints the help of the command that was meant
 * @param command that command
 */
export function reportFailure(
  error: unknown,
  json: boolean,
  io: Io,
  help = 'lex-pr --help',
  command?: Command,
): number {
  if (error instanceof CommanderError) {
    // Help and version were printed.
    if (error.exitCode === 0) return ExitCode.merged;
    if (error.code === 'commander.help') return ExitCode.badInput;
    const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
    const hint = usageHint(message, suggestion, command) ?? `see ${help}`;
    return reportFailure(refuse('usage', message, hint), json, io);
  }
  if (error instanceof EndedEarly) return error.exitCode;
  if (error instanceof InputError) {
    if (json) io.stdout.write(problemsAsJson(error.problems));
    else io.stderr.write(problemsAsText(error.problems, style(io.stderr)));
    return ExitCode.badInput;
  }
  const fault = faultOf(error);
  if (json) io.stdout.write(problemsAsJson([fault]));
  else io.stderr.write(`lex-pr: ${problemsAsText([fault], style(io.stderr))}`);
  if (io.env.LEX_PR_LOG_LEVEL === 'debug' && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  return ExitCode.fault;
}

const FULL = '`lex-pr doctor` says where it is full; make room, then try again';
/** By the system's code. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EBUSY: 'something is mounted there, or in use: unmount it (`findmnt` lists what is), then try again',
};

/** What is no fault of the input, as a problem. SQLite's own words do not say what is to be done. */
function faultOf(error: unknown): Problem {
  if (error instanceof Fault) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  const { code } = (error ?? {}) as { code?: unknown };
  const known = typeof code === 'string' ? HINTS[code] : undefined;
  if (known !== undefined) return { code: 'fault', message, hint: known };
  if (code !== 'ERR_SQLITE_ERROR') return { code: 'fault', message };
  const hint = '`lex-pr doctor` says which, and what mends it';
  return { code: 'fault', message: `a database in .lex-pr cannot be used: ${message}`, hint };
}
