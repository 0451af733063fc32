import type { Command } from 'commander';
import { command, example } from './command';
import type { OnEither } from './engine';
import type { Io } from './io';
import { engine, stack } from './options';

/** What came of a run: `lex-pr report`, `why` and `metrics`. @param onEither does it on the engine that is meant */
export function reportCommands(program: Command, io: Io, onEither: OnEither): void {
  command(program, 'report [run]', 'Prints the report of a run that has ended; by default of the last one.')
    .option('--json', 'report.json instead of report.md')
    .addOption(engine())
    .addOption(stack())
    .addHelpText('after', example('lex-pr report | less', "lex-pr report --json | jq '.items[].status'"))
    .action((run, options) =>
      onEither(
        options,
        async () => (await import('./report')).reportCommand(run, options, io),
        async (cloud) => (await import('./aws/report')).reportOnAws(run, options, cloud, io),
      ),
    );

  command(program, 'why <item>', 'Says in plain words why an item of a run was merged or not.')
    .option('--run <run>', 'of this run (default: the last one that has ended)')
    .option('--json', 'as JSON')
    .addOption(engine())
    .addOption(stack())
    .addHelpText('after', example('lex-pr why auth-api'))
    .action((item, options) =>
      onEither(
        options,
        async () => (await import('./why')).whyCommand(item, options, io),
        async (cloud) => (await import('./aws/why')).whyOnAws(item, options, cloud, io),
      ),
    );

  command(program, 'metrics [run]', 'Prints the metrics of a run in the Prometheus text format.')
    .option('--json', 'as JSON, as .metrics of the report')
    .addOption(engine())
    .addOption(stack())
    .addHelpText(
      'after',
      example('lex-pr metrics', "lex-pr metrics --json | jq '.gate_execution_seconds.mean'"),
    )
    .action((run, options) =>
      onEither(
        options,
        async () => (await import('./metrics')).metricsCommand(run, options, io),
        async (cloud) => (await import('./aws/report')).metricsOnAws(run, options, cloud, io),
      ),
    );
}
