import type { Control } from '../engine/aws/control-client';
import { refuse } from '../errors';
import type { Io } from './io';

export interface EngineOptions {
  readonly engine?: 'local' | 'aws';
  readonly stack?: string;
  readonly idempotencyKey?: string;
  readonly wait?: boolean;
  readonly sharedCache?: string;
  readonly sharePasses?: boolean;
}

/** Where runs on AWS are asked for. */
export interface Cloud {
  readonly control: Control;
  /** A command as somebody types it: `commandFor('status', run)`. */
  readonly commandFor: (command: string, run: string) => string;
}

/** Does a command on the engine that is meant, and tells its exit code to whoever has made this. */
export type OnEither = (
  options: EngineOptions,
  local: () => Promise<number>,
  aws: (cloud: Cloud) => Promise<number>,
) => Promise<void>;

/**
 * Does a command on the engine that is meant. What only AWS needs, its SDK first of all, is loaded for AWS alone.
 * @returns the exit code
 * @throws InputError where the options do not go together
 */
export async function onEngine(
  options: EngineOptions,
  local: () => Promise<number>,
  aws: (cloud: Cloud) => Promise<number>,
  { env }: Pick<Io, 'env'>,
): Promise<number> {
  const stack = stackOf(options, env);
  if (stack === undefined) return local();
  const { openControl } = await import('../engine/aws/control-client');
  const commandFor = (command: string, run: string) =>
    `lex-pr ${command} ${run} --engine aws --stack ${stack}`;
  return aws({ control: openControl(stack), commandFor });
}

/** What CloudFormation takes for the name of a stack. */
export const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

/**
 * The stack to ask, by option or else by environment.
 * @returns undefined for the local engine
 */
export function stackOf(options: EngineOptions, env: Io['env']): string | undefined {
  const engine = options.engine ?? (env.LEX_PR_ENGINE || 'local');
  if (engine === 'local') {
    if (options.stack !== undefined) throw onlyAws('--stack');
    if (options.idempotencyKey !== undefined) throw onlyAws('--idempotency-key');
    return undefined;
  }
  if (engine !== 'aws')
    throw refuse('usage', `LEX_PR_ENGINE is ${JSON.stringify(engine)}`, 'it can be local or aws');
  if (options.wait === false)
    throw refuse(
      'usage',
      '--no-wait is for the local engine',
      'on AWS runs on one target wait for one another',
    );
  for (const option of ['sharedCache', 'sharePasses'] as const)
    if (options[option] !== undefined)
      throw refuse(
        'usage',
        `--${option === 'sharedCache' ? 'shared-cache' : 'share-passes'} is for the local engine`,
        'runs on AWS always use the cache of their stack',
      );
  const stack = options.stack ?? (env.LEX_PR_STACK || undefined);
  if (stack === undefined)
    throw refuse('usage', 'the aws engine needs a stack', 'name it by --stack, or in LEX_PR_STACK');
  if (!STACK_NAME.test(stack))
    throw refuse(
      'usage',
      `${JSON.stringify(stack)} cannot be the name of a stack`,
      'it is what `cdk deploy` prints; letters, digits and hyphens',
    );
  return stack;
}

const onlyAws = (option: string) =>
  refuse('usage', `${option} is for the aws engine`, 'add --engine aws, or set LEX_PR_ENGINE=aws');
