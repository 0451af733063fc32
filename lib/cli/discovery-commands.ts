import type { Command } from 'commander';
import { command, example } from './command';
import type { Io } from './io';
import { discovery, folder } from './options';

/** `lex-pr init` and `lex-pr plan`. @param done told the exit code of the command that ran */
export function discoveryCommands(program: Command, io: Io, done: (code: number) => void): void {
  discovery(
    command(program, 'init', 'Writes a first plan.yaml with comments from the branches of this repository.'),
  )
    .option('--force', 'replace a plan.yaml that is there already')
    .option('--json', 'print {"path"} on standard output, notes as JSON lines on standard error')
    .addHelpText('after', example("lex-pr init --gate test='npm test'"))
    .action(async (options) => done(await (await import('./init')).initCommand(options, io)));

  discovery(
    command(program, 'plan', 'Writes the plan for the branches of this repository, on standard output.'),
  )
    .option('--pin', 'pin each item to the head its branch has now')
    .addOption(folder('--out <folder>', 'write plan.yaml there instead, or plan.json with --json'))
    .option('--json', 'print the plan as JSON, notes as JSON lines on standard error')
    .addHelpText(
      'after',
      example(
        'lex-pr plan > plan.yaml',
        "lex-pr plan --branches 'feature/*' --infer overlap --gate test='make test' --json | lex-pr merge -",
      ),
    )
    .action(async (options) => done(await (await import('./plan')).planCommand(options, io)));
}
