import type { Candidate } from '../../merge/candidate';
import { type OrderedPlan, orderPlan } from '../../plan/order';
import type { Gate } from '../../plan/plan';
import { decodeRecord, type RunRecord } from '../../run/record';
import type { TurnStore } from '../../run/turn-store';
import { createWorkload, type Workload } from '../../run/workload';

/** What never changes of a run, beside its record: found once, by `prepare`. */
export interface RunFacts {
  /** By item, in merge order. */
  readonly candidates: readonly Candidate[];
  /** Expected lengths of the gates of each item, in one unit. */
  readonly lengths: readonly (readonly number[])[];
  /** Whether the merge order came from the cache, and how long finding it took, in seconds. */
  readonly order: { readonly cached: boolean; readonly seconds: number };
}

/** A run as every function sees it. */
export interface RunContext {
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly load: Workload;
  readonly facts: RunFacts;
  readonly names: readonly string[];
}

/** The detail of the store that holds the facts. */
export const FACTS = 'facts';

/** Puts together what a record and its facts mean. */
export function createContext(record: RunRecord, facts: RunFacts): RunContext {
  const { items, policy } = record.plan;
  const ordered = orderPlan({ items });
  const known = new Map<string, ReadonlyMap<Gate, number>>(
    ordered.items.map(({ name, gates }, item) => [
      name,
      new Map(gates.map(({ gate }, k) => [gate, facts.lengths[item]![k]!])),
    ]),
  );
  const load = createWorkload(ordered, policy, record, (gate, item) => known.get(item)?.get(gate) ?? 1);
  return { record, ordered, load, facts, names: ordered.items.map(({ name }) => name) };
}

/** Runs that a warm function remembers. */
const KEPT = 4;

export type LoadRun = (run: string) => Promise<RunContext>;

/** Reads runs from the store, each once as long as it is among the last few. */
export function createLoader(store: TurnStore): LoadRun {
  const kept = new Map<string, Promise<RunContext>>();
  return (run) => {
    const known = kept.get(run) ?? read(store, run);
    kept.delete(run);
    kept.set(run, known);
    known.catch(() => kept.delete(run));
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return known;
  };
}

async function read(store: TurnStore, run: string): Promise<RunContext> {
  const [stored, facts] = await Promise.all([store.find(run), store.getDetail(run, FACTS)]);
  if (stored === undefined || facts === undefined) throw new Error(`run ${run} has not been prepared`);
  return createContext(decodeRecord(stored.record), JSON.parse(facts));
}
