import { createHash } from 'node:crypto';
import type { CacheStore } from '../performance/cache-store';
import { OperationCache } from '../performance/operation-cache';
import type { Performance } from '../plan/plan';
import type { CacheMiss } from '../run/messages';
import { durationKey, KEPT_SECONDS } from './durations';
import type { KeyParts, MachineParts } from './gate-key';

/** What the last pass of a gate was of, each part as its digest. */
export type LastPass = Readonly<Record<'content' | 'gate' | 'machine', string>> & Partial<MachineParts>;

/** The last passes of gates, by gate and item: for telling why another one is no longer good enough. */
export interface LastPasses {
  /** @param item its name; null: the woven commit */
  whyMissed(gate: string, item: string | null, parts: KeyParts): Promise<readonly CacheMiss[]>;
  /** Takes in a pass; kept by `save`. */
  note(gate: string, item: string | null, parts: KeyParts): void;
  save(): Promise<void>;
}

/** They outlive the passes themselves. @throws InputError when `cacheTTLSeconds` is not a positive number */
export function openLastPasses(
  { cacheTTLSeconds, enableCaching }: Performance,
  store: CacheStore,
): LastPasses {
  const seconds = Math.max(cacheTTLSeconds, KEPT_SECONDS);
  const kept = new OperationCache<LastPass>(seconds, enableCaching, { store, namespace: 'last-pass/1' });
  const noted = new Map<string, LastPass>();
  return {
    async whyMissed(gate, item, parts) {
      const key = durationKey(gate, item);
      const inThisRun = noted.get(key);
      const reasons = missReasons(inThisRun ?? (await kept.get(key)), digests(parts));
      const isEarlierWeave = item === null && inThisRun !== undefined && reasons.join() === 'content-changed';
      return isEarlierWeave ? ['earlier-weave'] : reasons;
    },
    note: (gate, item, parts) => void noted.set(durationKey(gate, item), digests(parts)),
    save: () => kept.setMany(noted),
  };
}

/** Why a pass is none for what is to be tested now. @param last undefined: none is known */
export function missReasons(last: LastPass | undefined, now: LastPass): readonly CacheMiss[] {
  if (last === undefined) return ['never-passed'];
  const changed = (['content', 'gate', 'machine'] as const).filter((part) => last[part] !== now[part]);
  if (changed.length === 0) return ['expired'];
  // One that a version before noted does not have them.
  const parts = (['system', 'variables', 'git'] as const).filter(
    (part) => last[part] !== undefined && now[part] !== undefined && last[part] !== now[part],
  );
  return [...changed, ...parts].map((part) => `${part}-changed` as const);
}

const digests = ({ content, gate, machine, machineParts = {} }: KeyParts): LastPass => ({
  content,
  gate: short(gate),
  machine: short(machine),
  ...Object.fromEntries(Object.entries(machineParts).map(([part, text]) => [part, short(text)])),
});

/** Enough to tell two of the same gate apart. */
const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
