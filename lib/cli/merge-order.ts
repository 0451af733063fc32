import { orderCached } from '../engine/order-cached';
import { cacheFile } from '../engine/workspace';
import { FileStore } from '../performance/file-store';
import { readPlan } from '../plan/load';
import { mermaid } from '../plan/mermaid';
import { mergeOrder, type OrderedPlan } from '../plan/order';
import { openHome } from '../repository/home';
import { createMetrics } from '../telemetry/lex-pr-metrics';
import { printable } from '../telemetry/printable';
import type { Io } from './io';

export interface MergeOrderOptions {
  readonly json?: boolean;
  readonly format?: 'text' | 'mermaid';
}

/**
 * `lex-pr merge-order`: prints the order in which a plan merges. The repository of the plan is not touched.
 * @returns the exit code
 * @throws InputError for a plan that is not valid
 */
export async function mergeOrderCommand(
  planPath: string,
  { json, format }: MergeOrderOptions,
  { stdin, stdout, cwd }: Io,
): Promise<number> {
  const plan = await readPlan(planPath, { stdin, cwd, defaultRepository: cwd });
  const cache = new FileStore(cacheFile(await openHome(cwd)));
  try {
    const { ordered, signature, cached } = await orderCached(plan, cache, createMetrics());
    if (json) stdout.write(`${JSON.stringify({ signature, cached, ...mergeOrder(ordered) })}\n`);
    else stdout.write(format === 'mermaid' ? mermaid(ordered) : inWords(ordered));
    return 0;
  } finally {
    await cache.close();
  }
}

/** One numbered line an item with what it comes after, then the critical path. */
function inWords({ items, deps, criticalPath }: OrderedPlan): string {
  if (items.length === 0) return 'Nothing to merge: the plan has no items.\n';
  const name = (position: number) => printable(items[position]!.name);
  const width = String(items.length).length;
  const lines = deps.map((before, position) => {
    const after = before.length === 0 ? '' : `  after ${before.map(name).join(', ')}`;
    return `${String(position + 1).padStart(width)}. ${name(position)}${after}`;
  });
  // The critical path has one item of each level.
  const path = criticalPath.map(name).join(' → ');
  return [...lines, '', `Levels: ${criticalPath.length}`, `Critical path: ${path}`, ''].join('\n');
}
