import type { Command } from 'commander';

/** What other tools call commands of ours. */
const COMMANDS: Readonly<Record<string, string>> = {
  abort: 'cancel',
  stop: 'cancel',
  kill: 'cancel',
  start: 'merge',
  continue: 'resume',
  show: 'status, or report',
};

/** The same of options that there are not, whatever the command. */
const OPTIONS: Readonly<Record<string, string>> = {
  '--dry-run': 'leave it out: without --execute it is a dry run',
  '-n': 'leave it out: without --execute it is a dry run',
  '--quiet': 'leave it out: progress goes to standard error, so 2>/dev/null hides it',
  '--silent': 'leave it out: progress goes to standard error, so 2>/dev/null hides it',
  '--verbose': 'set LEX_PR_LOG_LEVEL=debug',
  '--watch': 'lex-pr logs --follow goes on with what gates print',
};
const SAME: Readonly<Record<string, string>> = { '-q': '--quiet', '-v': '--verbose', '-w': '--watch' };

/**
 * What to do about a mistake at the command line; undefined where nothing is known but the help.
 * @param message as Commander puts it, without `error: `
 * @param suggestion what is spelt nearly so, by Commander
 * @param command the one that was meant
 */
export function usageHint(
  message: string,
  suggestion: string | undefined,
  command: Pick<Command, 'options'> | undefined,
): string | undefined {
  const [, what, name = ''] = /^unknown (command|option) '([^'=]+)/.exec(message) ?? [];
  const nearly = suggestion?.replace(/^\((.*)\)$/, '$1');
  if (what === 'command' && Object.hasOwn(COMMANDS, name)) return `Did you mean ${COMMANDS[name]}?`;
  if (what !== 'option') return nearly;
  const long = command?.options.flatMap((option) => option.long ?? []) ?? [];
  if (name === '--watch' || name === '-w') if (long.includes('--follow')) return 'Did you mean --follow?';
  const meant = OPTIONS[SAME[name] ?? name] ?? nearly;
  if (meant !== undefined || !/^-[a-z]$/i.test(name)) return meant;
  const begin = long.filter((option) => option.startsWith(`-${name}`));
  return begin.length === 0 ? undefined : `Did you mean ${begin.join(', or ')}?`;
}
