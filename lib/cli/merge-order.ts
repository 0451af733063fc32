import { openCacheOf } from '../engine/open-cache';
import { orderCached } from '../engine/order-cached';
import { mermaid } from '../plan/mermaid';
import { mergeOrder, type OrderedPlan } from '../plan/order';
import { readPlan } from '../plan/read-plan';
import { createMetrics } from '../telemetry/lex-pr-metrics';
import { printable } from '../telemetry/printable';
import type { Io } from './io';
import { writeNotes } from './notes';

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
  io: Io,
): Promise<number> {
  const { stdin, stdout, cwd } = io;
  const plan = await readPlan(planPath, { stdin, cwd, defaultRepository: cwd });
  const { store, notes, close } = await openCacheOf(cwd);
  try {
    const { ordered, signature, cached } = await orderCached(plan, store, createMetrics());
    writeNotes(notes, json ?? false, io);
    if (json) stdout.write(`${JSON.stringify({ signature, cached, ...mergeOrder(ordered) })}\n`);
    else stdout.write(format === 'mermaid' ? mermaid(ordered) : inWords(ordered));
    return 0;
  } finally {
    close();
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
