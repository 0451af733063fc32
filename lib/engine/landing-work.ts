import { type Landing, land } from '../merge/land';
import { revoke } from '../merge/revoke';
import { isStopped, mayLand } from '../run/codec';
import type { LandingResult } from '../run/messages';
import type { RunRecord } from '../run/record';
import type { Work } from '../run/state';
import type { RunStore } from '../run/store';
import type { GitWorkspace } from './git-workspace';

/**
 * Moves the target to what has been verified. Where the run has been cancelled meanwhile, the answer is final: a
 * push that a process of this run had sent before it died does not arrive after it.
 */
export async function performLanding(
  workspace: GitWorkspace & { readonly store: Pick<RunStore, 'read'> },
  record: RunRecord,
  work: Extract<Work, { kind: 'land' }>,
  generation: number,
): Promise<LandingResult> {
  const startedAt = performance.now();
  const { source, repository: privateRepository, store } = workspace;
  const { target } = record.plan;
  const stored = async () => (await store.read(record.id)).state;
  const landing: Landing = {
    source,
    privateRepository,
    target,
    base: work.base,
    woven: work.woven,
    heads: work.items.map((item) => {
      const { ref, sha } = record.heads[item]!;
      return { item, ref: ref ?? undefined, sha };
    }),
    run: record.id,
    generation,
    stillCurrent: async () => mayLand(await stored(), generation),
  };
  let result = await land(landing);
  if (result.kind !== 'landed' && isStopped(await stored())) {
    await revoke({ source, privateRepository, target, run: record.id, generation });
    result = await land(landing);
  }
  return { kind: 'land', result, durationMs: performance.now() - startedAt };
}
