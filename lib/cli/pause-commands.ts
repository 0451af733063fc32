import { type Command, Option } from 'commander';
import { command, example } from './command';
import type { OnEither } from './engine';
import type { Io } from './io';
import { engine, reason, stack } from './options';

const target = () => new Option('--target <branch>', 'landings on this branch only (default: on all)');
const repository = () =>
  new Option(
    '--repository <url>',
    'for --engine aws: the repository of --target (default: the remote `origin` of this folder)',
  );

/** `lex-pr pause` and `unpause`. @param onEither does it on the engine that is meant */
export function pauseCommands(program: Command, io: Io, onEither: OnEither): void {
  command(
    program,
    'pause',
    'Holds all landings of runs in this folder, or of a stack, until lex-pr unpause; gates go on.',
  )
    .addOption(target())
    .addOption(repository())
    .addOption(reason('why, for all who wait; required').makeOptionMandatory())
    .option('--json', 'print {"target","status","landing"}, on AWS "repository" as well')
    .addOption(engine())
    .addOption(stack())
    .addHelpText('after', example("lex-pr pause --reason 'the release is being built'"))
    .action((options) =>
      onEither(
        options,
        async () => (await import('./pause')).pause(options, io),
        async (cloud) => (await import('./aws/pause')).pauseOnAws(options, cloud, io),
      ),
    );

  command(program, 'unpause', 'Ends a pause: what waited for that lands at once.')
    .addOption(target())
    .addOption(repository())
    .option('--json', 'print {"target","status","landing"}, on AWS "repository" as well')
    .addOption(engine())
    .addOption(stack())
    .addHelpText('after', example('lex-pr unpause'))
    .action((options) =>
      onEither(
        options,
        async () => (await import('./pause')).unpause(options, io),
        async (cloud) => (await import('./aws/pause')).unpauseOnAws(options, cloud, io),
      ),
    );
}
