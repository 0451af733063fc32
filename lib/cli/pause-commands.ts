import { type Command, Option } from 'commander';
import { command, example } from './command';
import type { Io } from './io';
import { reason } from './options';

const target = () => new Option('--target <branch>', 'landings on this branch only (default: on all)');

/** `lex-pr pause` and `unpause`. @param done told the exit code */
export function pauseCommands(program: Command, io: Io, done: (code: number) => void): void {
  command(program, 'pause', 'Holds all landings of runs in this folder until lex-pr unpause; gates go on.')
    .addOption(target())
    .addOption(reason().makeOptionMandatory())
    .option('--json', 'print {"target","status","landing"}')
    .addHelpText('after', example("lex-pr pause --reason 'the release is being built'"))
    .action(async (options) => done(await (await import('./pause')).pause(options, io)));

  command(program, 'unpause', 'Ends a pause: what waited for that lands at once.')
    .addOption(target())
    .option('--json', 'print {"target","status","landing"}')
    .addHelpText('after', example('lex-pr unpause'))
    .action(async (options) => done(await (await import('./pause')).unpause(options, io)));
}
