import type { Command } from 'commander';
import { command, example } from './command';
import type { EngineOptions, OnEither } from './engine';
import type { Io } from './io';
import type { MergeCommandOptions } from './merge';
import { following, idempotencyKey, sharing } from './options';
import { overrides } from './override-option';

/** `lex-pr merge` and `lex-pr run`. @param onEither does it on the engine that is meant */
export function mergeCommands(program: Command, io: Io, onEither: OnEither): void {
  const mergeEither = (plan: string, options: MergeCommandOptions & EngineOptions) =>
    onEither(
      options,
      async () => (await import('./merge')).merge(plan, options, io),
      async (cloud) => (await import('./aws/merge')).mergeOnAws(plan, options, cloud, io),
    );

  const merge = command(
    program,
    'merge <plan>',
    'Runs the gates of a plan, merges what passes, and lands it with --execute.',
  );
  sharing(overrides(merge)).option(
    '--execute',
    'land the result on the target; without it no ref moves (a dry run)',
  );
  following(merge)
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

  const run = command(
    program,
    'run <plan>',
    'Runs the gates of a plan and nothing else: no weaving, no landing.',
  );
  following(sharing(overrides(run)))
    .addOption(idempotencyKey())
    .addHelpText('after', example('lex-pr run plan.yaml --max-workers 4'))
    .action((plan, options) => mergeEither(plan, { ...options, gatesOnly: true }));
}
