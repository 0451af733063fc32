import type { Command } from 'commander';
import { command, example } from './command';
import type { OnEither } from './engine';
import type { Io } from './io';
import { engine, stack } from './options';
import { whoAndWhy } from './override-option';

/** `lex-pr override`. @param onEither does it on the engine that is meant */
export function overrideCommand(program: Command, io: Io, onEither: OnEither): void {
  const to = command(
    program,
    'override <item>',
    'Counts a gate of an item as passed: an allowed user answers for it, in the report and the commit.',
  ).requiredOption('--gate <name>', 'the gate, one that blocks the item');
  whoAndWhy(to, true)
    .option('--run <run>', 'of this run (default: the one that is going on, else the last one)')
    .option('--json', 'print {"runId","item","gate","user","status"}')
    .addOption(engine())
    .addOption(stack())
    .addHelpText(
      'after',
      example("lex-pr override parser --gate e2e --user ann --reason 'the browser farm is down'"),
    )
    .action((item, options) =>
      onEither(
        options,
        async () => (await import('./override')).override(item, options, io),
        async (cloud) => (await import('./aws/override')).overrideOnAws(item, options, cloud, io),
      ),
    );
}
