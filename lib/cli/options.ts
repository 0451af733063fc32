import { type Command, InvalidArgumentError, Option } from 'commander';
import { MAX_WORKERS } from '../plan/limits';
import { STACK_NAME } from './engine';

/** Options that several commands have. */

/** Options of what makes plans from branches. */
export const discovery = (to: Command) =>
  to
    .option(
      '--branches <pattern>',
      'local branches to merge, as for `git branch --list`; repeatable (default: all that the target lacks)',
      collect,
    )
    .option('--target <branch>', 'branch to merge into (default: main, else master)')
    .option(
      '--gate <name=command>',
      'a gate of every item; repeatable (default: what package.json, a makefile and the like say)',
      collect,
    )
    .addOption(
      new Option(
        '--infer <what>',
        'overlap: branches that change a same file depend on one another, the oldest first',
      ).choices(['overlap']),
    );

const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** `resolve` takes an empty path for the current folder, which is hardly what an unset variable means. */
export const folder = (flags: string, description: string) =>
  new Option(flags, description).argParser((path) => {
    if (path === '') throw new InvalidArgumentError('It must name a folder.');
    return path;
  });

export const artifactDir = () =>
  folder(
    '--artifact-dir <folder>',
    'where report.json, report.md, metrics.prom, logs and artifacts go (default: in .lex-pr/runs)',
  );

export const reason = (about = 'why, for the report') =>
  new Option('--reason <text>', about).argParser((text) => {
    const words = text.replace(/\s+/g, ' ').trim();
    if (words.length === 0 || words.length > 500)
      throw new InvalidArgumentError('It must have 1 to 500 characters.');
    return words;
  });

export const noWait = () =>
  new Option('--no-wait', 'refuse to start while another run goes on here, instead of waiting for it');

export const logFormat = () =>
  new Option('--log-format <format>', 'json: logs as JSON lines, and the report as JSON on standard output')
    .choices(['human', 'json'])
    .default('human');

export const maxWorkers = (
  about = 'how many gates run at once, auto: as the load allows; replaces policy.maxWorkers',
) =>
  new Option('--max-workers <n>', about).argParser((text) => {
    if (text === 'auto') return text;
    if (!/^[1-9][0-9]{0,4}$/.test(text) || Number(text) > MAX_WORKERS)
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_WORKERS}, or auto.`);
    return Number(text);
  });

export const engine = () =>
  new Option(
    '--engine <engine>',
    'local: on this machine, aws: on a stack in AWS (default: LEX_PR_ENGINE, else local)',
  ).choices(['local', 'aws']);

export const stack = () =>
  new Option('--stack <name>', 'the stack, for --engine aws (default: LEX_PR_STACK)').argParser(stackName);

function stackName(name: string): string {
  if (!STACK_NAME.test(name))
    throw new InvalidArgumentError('It must be the name of a stack: letters, digits, hyphens.');
  return name;
}

export const idempotencyKey = () =>
  new Option(
    '--idempotency-key <key>',
    'for --engine aws: whoever submits with the same key gets the same run',
  ).argParser((key) => {
    if (key.length === 0 || key.length > 255)
      throw new InvalidArgumentError('It must have 1 to 255 characters.');
    return key;
  });

/** Of commands that run gates here. */
export const sharing = (to: Command) =>
  to
    .addOption(
      new Option(
        '--shared-cache <stack>',
        'believe passes that this stack in AWS remembers, of gates in pinned images (default: LEX_PR_SHARED_CACHE)',
      ).argParser(stackName),
    )
    .option(
      '--share-passes',
      'tell the stack of --shared-cache of such passes here (default: LEX_PR_SHARE_PASSES)',
    );

/** Of commands that follow a run on either engine, and print what came of it. */
export const following = (to: Command) =>
  to
    .addOption(artifactDir())
    .addOption(maxWorkers())
    .addOption(logFormat())
    .option('--json', 'print the report as JSON on standard output, logs as JSON lines on standard error')
    .addOption(noWait())
    .addOption(engine())
    .addOption(stack());
