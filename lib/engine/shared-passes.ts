import { createHash } from 'node:crypto';
import type { CacheStore } from '../performance/cache-store';
import { OperationCache } from '../performance/operation-cache';
import { isQuarantined } from '../plan/effective-gates';
import type { Gate, Performance } from '../plan/plan';
import { gateDefinition } from '../run/verification';

/** A pass that another engine may believe. */
export interface SharedPass {
  readonly durationMs: number;
}

interface Tested {
  readonly tree: string;
}

/** Passes that engines tell one another. Neither call rejects: what cannot be asked has nothing to say. */
export interface SharedPasses {
  find(gate: Gate, tested: Tested): Promise<SharedPass | undefined>;
  tell(gate: Gate, tested: Tested, pass: SharedPass): Promise<void>;
}

/**
 * Under which name passes are shared, by who says so. Permissions tell them apart (the partition key of the table), so
 * whoever may write the second can say nothing in the name of the first.
 */
export const SAID_BY = { stack: 'shared-gate/1', others: 'outside-gate/1' } as const;
type Who = keyof typeof SAID_BY;

/** An image of which there is only one. */
const PINNED = /@sha256:[0-9a-f]{64}$/;

/**
 * Whether a pass of a gate means the same on every machine of an architecture: it runs in an image named by its digest.
 * What runs on a machine depends on that machine, a tag on when it was pulled; and files that a gate leaves are where
 * it ran.
 */
export const isShareable = (gate: Gate): boolean =>
  gate.runtime === 'container' &&
  PINNED.test(gate.image ?? '') &&
  gate.cache === 'tree' &&
  gate.artifacts.length === 0 &&
  !isQuarantined(gate);

/**
 * The key of a shared pass: architecture, tree and definition of the gate.
 * @param architecture as `process.arch` has it
 */
function sharedKey(gate: Gate, { tree }: Tested, architecture: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['shared/1', architecture, tree, gateDefinition(gate)]))
    .digest('hex');
}

export interface SharingOptions {
  /** Whom to believe. */
  readonly believe?: Who;
  /** As who to tell of own passes. */
  readonly tellAs?: Who;
  readonly architecture?: string;
  readonly onError?: (error: unknown) => void;
}

/** Passes in a store that engines share. */
export function sharePasses(
  store: CacheStore,
  { cacheTTLSeconds, enableCaching }: Pick<Performance, 'cacheTTLSeconds' | 'enableCaching'>,
  { believe, tellAs, architecture = process.arch, onError = () => {} }: SharingOptions,
): SharedPasses {
  const open = (who: Who | undefined) =>
    who &&
    new OperationCache<SharedPass>(cacheTTLSeconds, enableCaching, {
      store,
      namespace: SAID_BY[who],
      onError,
    });
  const [heard, own] = [open(believe), open(tellAs)];
  return {
    async find(gate, tested) {
      if (!isShareable(gate)) return undefined;
      const pass: unknown = await heard?.get(sharedKey(gate, tested, architecture));
      return isPass(pass) ? pass : undefined;
    },
    async tell(gate, tested, { durationMs }) {
      if (isShareable(gate)) await own?.set(sharedKey(gate, tested, architecture), { durationMs });
    },
  };
}

/** It was written by another version, or by somebody. */
function isPass(value: unknown): value is SharedPass {
  return typeof value === 'object' && value !== null && typeof (value as SharedPass).durationMs === 'number';
}
