import { isShareable, type SharedPasses, sharePasses } from '../engine/shared-passes';
import { refuse } from '../errors';
import { FarStore } from '../performance/far-store';
import { gatesOf } from '../plan/gates-of';
import type { Plan } from '../plan/plan';
import { STACK_NAME } from './engine';
import type { Io } from './io';
import { writeNotes } from './notes';

export interface SharedCacheOptions {
  readonly sharedCache?: string;
  readonly sharePasses?: boolean;
}

/** Whose passes to believe, and whether to tell of own ones. */
interface Sharing {
  readonly stack: string;
  readonly tells: boolean;
}

/**
 * What is asked for by option, or else by environment; never by a plan, which may be a stranger's.
 * @throws InputError for what cannot be the name of a stack, or for telling nobody
 */
export function sharingOf(
  { sharedCache, sharePasses: asked }: SharedCacheOptions,
  env: Io['env'],
): Sharing | undefined {
  const stack = sharedCache ?? (env.LEX_PR_SHARED_CACHE || undefined);
  if (stack === undefined) {
    if (asked)
      throw refuse(
        'usage',
        '--share-passes needs a stack',
        'name it by --shared-cache, or in LEX_PR_SHARED_CACHE',
      );
    return undefined;
  }
  if (!STACK_NAME.test(stack))
    throw refuse(
      'usage',
      `${JSON.stringify(stack)} cannot be the name of a stack`,
      'it is what `cdk deploy` prints',
    );
  return { stack, tells: asked ?? (env.LEX_PR_SHARE_PASSES ?? '') !== '' };
}

/**
 * Passes that a stack remembers; undefined where no gate of the plan could use any. Its SDK is loaded in the background, and its failures cost misses and one warning.
 * @param machine whether the warning is for a machine
 */
export function openShared(
  sharing: Sharing | undefined,
  plan: Plan,
  machine: boolean,
  io: Io,
): SharedPasses | undefined {
  const { performance } = plan.policy;
  if (sharing === undefined || !performance.enableCaching || ![...gatesOf(plan)].some(isShareable))
    return undefined;
  const { stack, tells } = sharing;
  const store = new FarStore(async () => (await import('../engine/aws/shared-cache')).openStackCache(stack));
  let isSaid = false;
  const onError = (error: unknown) => {
    if (isSaid) return;
    isSaid = true;
    const message = `the shared cache of stack ${stack} is of no use: ${(error as Error).message}; gates run as without it`;
    writeNotes([{ event: 'no-shared-cache', message, warn: true }], machine, io);
  };
  return sharePasses(store, performance, { believe: 'stack', ...(tells && { tellAs: 'others' }), onError });
}
