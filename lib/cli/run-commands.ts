import type { Command } from 'commander';
import { command, example } from './command';
import type { OnEither } from './engine';
import type { Io } from './io';
import { engine, following, reason, sharing, stack } from './options';
import { overrideCommand } from './override-command';
import { pauseCommands } from './pause-commands';

/** What is done with runs that go on: resume, cancel, override, status, pause and unpause, queue, logs. @param onEither does it on the engine that is meant */
export function runCommands(program: Command, io: Io, onEither: OnEither): void {
  const resume = sharing(
    command(program, 'resume [run]', 'Goes on with a run that was interrupted; by default the last one.'),
  );
  following(resume)
    .addHelpText('after', example('lex-pr resume'))
    .action((run, options) =>
      onEither(
        options,
        async () => (await import('./resume')).resume(run, options, io),
        async (cloud) => (await import('./aws/resume')).resumeOnAws(run, options, cloud, io),
      ),
    );

  command(
    program,
    'cancel [run]',
    'Ends a run so that nothing of it lands; by default the one that is going on.',
  )
    .addOption(reason())
    .option('--json', 'print {"runId","status"}: cancelled, or too-late')
    .addOption(engine())
    .addOption(stack())
    .addHelpText('after', example("lex-pr cancel --reason 'the wrong branch'"))
    .action((run, options) =>
      onEither(
        options,
        async () => (await import('./cancel')).cancel(run, options, io),
        async (cloud) => (await import('./aws/cancel')).cancelOnAws(run, options, cloud, io),
      ),
    );

  overrideCommand(program, io, onEither);

  command(program, 'status [run]', 'Shows how far a run is; by default the last one.')
    .option('--json', 'as JSON')
    .addOption(engine())
    .addOption(stack())
    .addHelpText('after', example('lex-pr status --json'))
    .action((run, options) =>
      onEither(
        options,
        async () => (await import('./status')).status(run, options, io),
        async (cloud) => (await import('./aws/status')).statusOnAws(run, options, cloud, io),
      ),
    );

  pauseCommands(program, io, onEither);

  command(
    program,
    'queue',
    'Shows which run goes on here, which ones wait for it, and which were interrupted.',
  )
    .option('--json', 'as JSON')
    .addOption(engine())
    .addOption(stack())
    .addHelpText('after', example('lex-pr queue'))
    .action((options) =>
      onEither(
        options,
        async () => (await import('./queue')).queueCommand(options, io),
        async (cloud) => (await import('./aws/queue')).queueOnAws(options, cloud, io),
      ),
    );

  command(program, 'logs [run]', 'Prints what the gates of a run have printed; by default of the last one.')
    .option('--item <name>', 'of this item only; `integration` is the woven commit')
    .option('--gate <name>', 'of this gate only')
    .option('--follow', 'go on with what gates print until the run has ended')
    .option('--json', 'as one JSON document, with --follow as JSON lines')
    .addOption(engine())
    .addOption(stack())
    .addHelpText(
      'after',
      example('lex-pr logs --follow', 'lex-pr logs --item auth-api --gate test > test.log'),
    )
    .action((run, options) =>
      onEither(
        options,
        async () => (await import('./logs')).logs(run, options, io),
        async (cloud) => (await import('./aws/logs')).logsOnAws(run, options, cloud, io),
      ),
    );
}
