import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { cacheCommands } from './cache-commands';
import { command, example, helpFor, meantCommand } from './command';
import { discoveryCommands } from './discovery-commands';
import { type OnEither, onEngine } from './engine';
import { reportFailure } from './failure';
import { ExitCode, type Io, processIo } from './io';
import { logLevel } from './log-level';
import { mergeCommands } from './merge-commands';
import { npmArguments } from './npm-arguments';
import { maxWorkers } from './options';
import { reportCommands } from './report-commands';
import { runCommands } from './run-commands';
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
    const help = helpFor(program, given);
    return reportFailure(error, wantsJson(given, io.env), io, help, meantCommand(program, given));
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

  const onEither: OnEither = async (options, local, aws) => done(await onEngine(options, local, aws, io));
  mergeCommands(program, io, onEither);
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

  runCommands(program, io, onEither);
  reportCommands(program, io, onEither);
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
