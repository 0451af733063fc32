import { land } from '../merge/land';
import { mayLand } from '../run/codec';
import type { LandingResult } from '../run/messages';
import type { RunRecord } from '../run/record';
import type { Work } from '../run/state';
import type { Workspace } from './workspace';

/** Moves the target to what has been verified. */
export async function performLanding(
  workspace: Workspace,
  record: RunRecord,
  work: Extract<Work, { kind: 'land' }>,
  generation: number,
): Promise<LandingResult> {
  const startedAt = performance.now();
  const result = await land({
    source: workspace.source,
    privateRepository: workspace.repository,
    target: record.plan.target,
    base: work.base,
    woven: work.woven,
    heads: work.items.map((item) => {
      const { ref, sha } = record.heads[item]!;
      return { item, ref: ref ?? undefined, sha };
    }),
    run: record.id,
    generation,
    stillCurrent: async () => mayLand((await workspace.store.read(record.id)).state, generation),
  });
  return { kind: 'land', result, durationMs: performance.now() - startedAt };
}
