import { decodeState } from '../../run/codec';
import type { RunIndex } from '../../run/run-index';
import { lanesWithGates } from '../../run/state';
import type { Totals } from '../../run/totals';
import type { TurnStore } from '../../run/turn-store';
import { addSnapshots, withFewLabels, withoutGauges } from '../../telemetry/add-snapshots';
import { createMetrics } from '../../telemetry/lex-pr-metrics';
import type { Snapshot } from '../../telemetry/metrics';
import type { LoadRun } from './run-context';
import { recordRun } from './run-metrics';

export interface MetricsServices {
  readonly store: TurnStore;
  readonly index: RunIndex;
  readonly totals: Totals;
  readonly loadRun: LoadRun;
}

/** Combinations of labels that a metric has at most: a text of a few hundred KB, and what a scraper bears. */
const MAX_LABELS = 500;
/** How often the totals are read again because a run has ended meanwhile. */
const TRIES = 10;

/**
 * The metrics of all runs of a stack, ended and open: counters and buckets never decrease, because each event of a
 * run is counted where the store has it, in the run as long as that is open, in the totals from its end on.
 * @throws Error when runs end faster than they can be read
 */
export async function stackMetrics(services: MetricsServices): Promise<Snapshot> {
  const { totals, index } = services;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const before = await totals.read();
    const open = await index.open();
    const live = await Promise.all(open.map(({ id }) => liveMetrics(services, id)));
    if ((await totals.read()).version !== before.version) continue;
    const ended = before.text === undefined ? createMetrics().snapshot() : JSON.parse(before.text);
    return withFewLabels(addSnapshots([ended, ...live.flat()]), MAX_LABELS);
  }
  throw new Error(`runs ended while their metrics were read, ${TRIES} times in a row`);
}

/** The totals as text, with the metrics of one more run that has ended. */
export function addToTotals(text: string | undefined, ended: Snapshot): string {
  const before: Snapshot = text === undefined ? {} : JSON.parse(text);
  return JSON.stringify(withFewLabels(addSnapshots([before, withoutGauges(ended)]), MAX_LABELS));
}

/** None for a run that has not begun, or has ended since: the index knows that a little late. */
async function liveMetrics({ store, index, loadRun }: MetricsServices, id: string): Promise<Snapshot[]> {
  const [stored, submitted] = await Promise.all([store.find(id), index.get(id)]);
  if (stored === undefined || submitted === undefined || submitted.endedAt !== undefined) return [];
  const run = await loadRun(id);
  const events = await store.events(id);
  const state = decodeState(run.load, (await store.read(id)).state);
  const metrics = createMetrics();
  recordRun(metrics, run, events);
  metrics.activeWorkers.set(lanesWithGates(state));
  return [metrics.snapshot()];
}
