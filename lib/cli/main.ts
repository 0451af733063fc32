import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { cacheCommands } from './cache-commands';
import { command, example, helpFor } from './command';
import { discoveryCommands } from './discovery-commands';
import { type Cloud, type EngineOptions, onEngine } from './engine';
import { reportFailure } from './failure';
import { ExitCode, type Io, processIo } from './io';
import { logLevel } from './log-level';
import type { MergeCommandOptions } from './merge';
import { npmArguments } from './npm-arguments';
import {
  artifactDir,
  engine,
  idempotencyKey,
  logFormat,
  maxWorkers,
  noWait,
  reason,
  sharing,
  stack,
} from './options';
import { overrideCommand } from './override-command';
import { overrides } from './override-option';
import { pauseCommands } from './pause-commands';
import { wantsJson } from './wants-json';

/**
 * The command line: parses, loads the command, renders what it throws.
 * @returns the exit code: 0 all merged, 1 something was not, 2 bad input, 3 fault
 */
export async function main(args: readonly string[], version: string, io: Io = processIo()): Promise<number> {
  let code: number = ExitCode.merged;
  const program = createProgram(version, io, (result) => {
    code = result;
  });
  let given = args;
  try {
    const isFile = (path: string) =>
      statSync(resolve(io.cwd, path), { throwIfNoEntry: false })?.isFile() ?? false;
    given = npmArguments(args, io.env, program, isFile, textOf);
    await program.parseAsync([...given], { from: 'user' });
    return code;
  } catch (error) {
    return reportFailure(error, wantsJson(given, io.env), io, helpFor(program, given));
  }
}

/** Every command with its options. @param done told the exit code of the command that ran */
export function createProgram(version: string, io: Io, done: (code: number) => void): Command {
  const program = new Command('lex-pr')
    .description(
      'Merges many dependent branches. Every gate runs as early as its dependencies allow; nothing lands that was not tested.',
    )
    .version(version, '-V, --version')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => {},
    })
    .exitOverride()
    .showSuggestionAfterError()
    .hook('preAction', () => void logLevel(io.env));

  const onEither = async (
    options: EngineOptions,
    local: () => Promise<number>,
    aws: (cloud: Cloud) => Promise<number>,
  ) => done(await onEngine(options, local, aws, io));
  const mergeEither = (plan: string, options: MergeCommandOptions & EngineOptions) =>
    onEither(
      options,
      async () => (await import('./merge')).merge(plan, options, io),
      async (cloud) => (await import('./aws/merge')).mergeOnAws(plan, options, cloud, io),
    );

  sharing(
    overrides(
      command(
        program,
        'merge <plan>',
        'Runs the gates of a plan, merges what passes, and lands it with --execute.',
      ),
    ),
  )
    .option('--execute', 'land the result on the target; without it no ref moves (a dry run)')
    .addOption(artifactDir())
    .addOption(maxWorkers())
    .addOption(logFormat())
    .option('--json', 'print the report as JSON on standard output, logs as JSON lines on standard error')
    .addOption(noWait())
    .addOption(engine())
    .addOption(stack())
    .addOption(idempotencyKey())
    .addHelpText(
      'after',
      example(
        'lex-pr merge plan.yaml --execute --artifact-dir out',
        'cat plan.yaml | lex-pr merge -',
        'lex-pr merge plan.yaml --execute --engine aws --stack LexPr',
      ),
    )
    .action(mergeEither);

  sharing(
    overrides(
      command(program, 'run <plan>', 'Runs the gates of a plan and nothing else: no weaving, no landing.'),
    ),
  )
    .addOption(artifactDir())
    .addOption(maxWorkers())
    .addOption(logFormat())
    .option('--json', 'print the report as JSON on standard output, logs as JSON lines on standard error')
    .addOption(noWait())
    .addOption(engine())
    .addOption(stack())
    .addOption(idempotencyKey())
    .addHelpText('after', example('lex-pr run plan.yaml --max-workers 4'))
    .action((plan, options) => mergeEither(plan, { ...options, gatesOnly: true }));

  discoveryCommands(program, io, done);

  command(
    program,
    'merge-order <plan>',
    'Prints the order in which a plan merges, its levels and its critical path.',
  )
    .option('--json', 'as JSON')
    .addOption(
      new Option('--format <format>', 'how to print it')
        .choices(['text', 'mermaid'])
        .default('text')
        .conflicts(['json', 'predict']),
    )
    .option('--predict', 'and how long a run should take, from past runs')
    .addOption(
      maxWorkers('for --predict: on so many workers, instead of policy.maxWorkers; auto counts as the cores'),
    )
    .addHelpText(
      'after',
      example(
        'lex-pr merge-order plan.yaml --format mermaid',
        'lex-pr merge-order plan.yaml --predict --max-workers 16',
      ),
    )
    .action(async (plan, options) =>
      done(await (await import('./merge-order')).mergeOrderCommand(plan, options, io)),
    );

  command(program, 'schema', 'Prints the JSON Schema of plans.')
    .option('--json', 'as JSON, which it always is')
    .addHelpText('after', example('lex-pr schema > plan.schema.json'))
    .action(async () => done((await import('./schema')).schemaCommand(io)));

  sharing(
    command(program, 'resume [run]', 'Goes on with a run that was interrupted; by default the last one.'),
  )
    .addOption(artifactDir())
    .addOption(maxWorkers())
    .addOption(logFormat())
    .option('--json', 'print the report as JSON on standard output, logs as JSON lines on standard error')
    .addOption(noWait())
    .addOption(engine())
    .addOption(stack())
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

  cacheCommands(program, io, done);

  command(program, 'doctor', 'Says what is wrong on this machine and in this folder, and what mends it.')
    .option('--json', 'as JSON')
    .addHelpText('after', example('lex-pr doctor'))
    .action(async (options) => done(await (await import('./doctor')).doctor(options, io)));

  command(program, 'completion', 'Prints a completion script for your shell.')
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh', 'fish']))
    .option('--json', 'print {"shell","script"}')
    .addHelpText(
      'after',
      example(
        'eval "$(lex-pr completion bash)"',
        'lex-pr completion zsh > "$fpath[1]/_lex-pr"',
        'lex-pr completion fish > ~/.config/fish/completions/lex-pr.fish',
      ),
    )
    .action(async (shell, options) =>
      done((await import('./completion')).completion(shell, options, program, io)),
    );

  for (const [heading, names] of Object.entries(GROUPS))
    for (const known of program.commands) if (names.includes(known.name())) known.helpGroup(heading);
  return program;
}

/** Headings of the help; what a user needs first comes first, because its command is defined first. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Merge:': ['merge', 'run'],
  'Plan:': ['init', 'plan', 'merge-order', 'schema'],
  'While runs go on:': ['resume', 'cancel', 'override', 'status', 'pause', 'unpause', 'queue', 'logs'],
  'What came of them:': ['report', 'why', 'metrics'],
  'This machine:': ['cache', 'doctor', 'completion'],
};

/** Of a file that can be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
