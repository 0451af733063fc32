import { type Command, InvalidArgumentError, Option } from 'commander';
import { command, example } from './command';
import type { Io } from './io';

/** `lex-pr cache` and what it can do. @param done told the exit code of the command that ran */
export function cacheCommands(program: Command, io: Io, done: (code: number) => void): void {
  const cache = command(
    program,
    'cache',
    'Shows or clears what is remembered from earlier runs.',
  ).addHelpText('after', example('lex-pr cache stats', 'lex-pr cache list', 'lex-pr cache clear'));
  command(cache, 'stats', 'Entries by operation, size on disk, and what the last run found.')
    .option('--json', 'as JSON')
    .addHelpText('after', example('lex-pr cache stats --json'))
    .action(async (options) => done(await (await import('./cache')).cacheStats(options, io)));
  command(cache, 'list', 'What is remembered, the newest first: operation, age, size, what it is about.')
    .addOption(
      new Option('--operation <name>', 'entries of this operation only').choices([
        'order',
        'files',
        'gate',
        'duration',
        'last-pass',
      ]),
    )
    .addOption(limit())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      example('lex-pr cache list --operation gate', "lex-pr cache list --json | jq '.entries[].about'"),
    )
    .action(async (options) => done(await (await import('./cache-list')).cacheList(options, io)));
  command(cache, 'clear', 'Forgets everything: the next run executes every gate.')
    .option('--json', 'as JSON')
    .addHelpText('after', example('lex-pr cache clear'))
    .action(async (options) => done(await (await import('./cache')).cacheClear(options, io)));
}

const limit = () =>
  new Option('--limit <n>', 'how many at most').default(50).argParser((text) => {
    if (!/^[1-9][0-9]{0,6}$/.test(text))
      throw new InvalidArgumentError('It must be a whole number from 1 to 9999999.');
    return Number(text);
  });
