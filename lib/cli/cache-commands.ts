import type { Command } from 'commander';
import { command, example } from './command';
import type { Io } from './io';

/** `lex-pr cache` and what it can do. @param done told the exit code of the command that ran */
export function cacheCommands(program: Command, io: Io, done: (code: number) => void): void {
  const cache = command(
    program,
    'cache',
    'Shows or clears what is remembered from earlier runs.',
  ).addHelpText('after', example('lex-pr cache stats', 'lex-pr cache clear'));
  command(cache, 'stats', 'Entries by operation, size on disk, and what the last run found.')
    .option('--json', 'as JSON')
    .addHelpText('after', example('lex-pr cache stats --json'))
    .action(async (options) => done(await (await import('./cache')).cacheStats(options, io)));
  command(cache, 'clear', 'Forgets everything: the next run executes every gate.')
    .option('--json', 'as JSON')
    .addHelpText('after', example('lex-pr cache clear'))
    .action(async (options) => done(await (await import('./cache')).cacheClear(options, io)));
}
