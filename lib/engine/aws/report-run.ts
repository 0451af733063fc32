import { costOf, type RunCost } from '../../cost/run-cost';
import type { StackShape } from '../../cost/stack-shape';
import type { Problem } from '../../errors';
import type { CacheStore } from '../../performance/cache-store';
import { reasonCode } from '../../report/advice';
import { buildReport } from '../../report/build';
import { failedGates } from '../../report/facts';
import { type LogTails, renderMarkdown } from '../../report/markdown';
import { metricsText } from '../../report/metrics-text';
import { recordOutcome } from '../../report/record-outcome';
import type { Report } from '../../report/report';
import { tailOf } from '../../report/tails';
import { decodeState } from '../../run/codec';
import type { RunEvent } from '../../run/messages';
import type { RunState } from '../../run/state';
import type { Totals } from '../../run/totals';
import type { TurnStore } from '../../run/turn-store';
import { createMetrics, metricsJson, snapshotOf } from '../../telemetry/lex-pr-metrics';
import { type Sample, samplesOfEnd } from '../../telemetry/samples';
import { learnDurations, openDurations } from '../durations';
import { type Blobs, blobKeys } from './blobs';
import { log } from './function-log';
import type { ReportAnswer } from './protocol';
import type { LoadRun, RunContext } from './run-context';
import { cacheCounts, recordRun } from './run-metrics';
import { leaveTarget, type QueueServices } from './run-queue';
import { usageOf } from './run-usage';
import { addToTotals } from './stack-metrics';

export interface ReportServices extends QueueServices {
  readonly store: TurnStore;
  readonly totals: Totals;
  readonly cache: CacheStore;
  readonly blobs: Blobs;
  readonly loadRun: LoadRun;
  readonly send: (samples: readonly Sample[]) => Promise<void>;
  readonly shape: StackShape;
}

/**
 * Writes the report of a run whose lanes are done, ends the run, and lets the next one in. May be done twice.
 * @returns whether the run came to anything but a refusal; what was cancelled before that is none
 * @throws Error when the run is not at its end, and what the services throw
 */
export async function reportRun(
  services: ReportServices,
  call: { readonly run: string; readonly generation: number },
): Promise<ReportAnswer> {
  const { index } = services;
  const submitted = await index.get(call.run);
  if (submitted === undefined) throw new Error(`run ${call.run} was not handed in`);
  // An execution that was overtaken has nothing to say.
  if (submitted.generation > call.generation) return { end: 'reported' };
  if (submitted.endedAt === undefined) await endRun(services, call);
  await leaveTarget(services, submitted.target, call.run);
  const problems = JSON.parse(submitted.refusal ?? '[]') as Problem[];
  return { end: problems.some(({ code }) => code !== 'cancelled') ? 'refused' : 'reported' };
}

async function endRun(services: ReportServices, call: { run: string; generation: number }): Promise<void> {
  const { store, blobs, totals, shape } = services;
  const run = await services.loadRun(call.run);
  const { state: text, version } = await store.read(call.run);
  const state = decodeState(run.load, text);
  if (state.phase !== 'done' || state.unfinishedTasks > 0)
    throw new Error(`the lanes of run ${call.run} ended before it was done`);
  const commits = await Array.fromAsync(store.eventsAfter(call.run, 0));
  const events = commits.flatMap((commit) => commit.events);
  const endedAt = endOf(run, events);
  const cost = costOf(usageOf(run, state, version, commits, endedAt), shape);
  const report: Report = { ...composeReport(run, state, events, endedAt), cost };
  const put = (path: string, text: string, type: string) =>
    blobs.put(blobKeys.file(call.run, path), text, type);
  await put(
    'report.md',
    renderMarkdown(report, await readTails(blobs, report)),
    'text/markdown; charset=utf-8',
  );
  await put('metrics.prom', metricsText(report), 'text/plain; version=0.0.4');
  await put('report.json', `${JSON.stringify(report, null, 2)}\n`, 'application/json');
  // Not before: a run that dies without its report is resumed for it.
  const metrics = snapshotOf(report.metrics as Parameters<typeof snapshotOf>[0]);
  const isFirst = await totals.end(call.run, Date.parse(report.endedAt), (text) =>
    addToTotals(text, metrics),
  );
  // By one of several that do this at once, and rather not at all than twice.
  if (isFirst) {
    await services.send(endSamples(run, report, cost));
    const durations = openDurations(run.record.plan.policy.performance, services.cache);
    await learnDurations(durations, run.load, run.names, events);
  }
  logReport(report);
}

function logReport({ status, items, startedAt, endedAt, dryRun }: Report): void {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item.status] = (counts[item.status] ?? 0) + 1;
  log.info('report', `the run has ended: ${status}`, {
    status,
    dryRun,
    items: items.length,
    ...counts,
    ms: Date.parse(endedAt) - Date.parse(startedAt),
  });
}

/** When the last thing happened, in ms since the epoch: a report that is written again says the same. */
function endOf({ record }: RunContext, events: readonly RunEvent[]): number {
  return events.reduce((last, event) => {
    const at = event.event === 'result' ? (event.kind === 'gate' ? event.endedAt : 0) : event.at;
    return Math.max(last, at);
  }, record.startedAt);
}

/** The report, with the metrics that the events of the run amount to. */
function composeReport(
  run: RunContext,
  state: RunState,
  events: readonly RunEvent[],
  endedAt: number,
): Report {
  const { record, ordered, load } = run;
  const metrics = createMetrics();
  recordRun(metrics, run, events);
  const cache = Object.fromEntries(
    Object.entries(cacheCounts(run, events)).map(([operation, counts]) => [operation, statistics(counts)]),
  );
  const { tip, base } = state.weave;
  const wovenTree = tip.linear === base ? undefined : tip.tree;
  const built = buildReport({
    record,
    ordered,
    load,
    state,
    events,
    endedAt,
    cache,
    wovenTree,
    wovenRef: null,
  });
  recordOutcome(metrics, built);
  return { ...built, metrics: metricsJson(metrics) };
}

/** Of a table that knows neither its size nor what has expired in it. */
const statistics = ({ hits, misses }: { readonly hits: number; readonly misses: number }) => ({
  hits,
  misses,
  expired: 0,
  size: 0,
  hitRate: hits + misses === 0 ? 0 : hits / (hits + misses),
});

function endSamples({ facts }: RunContext, report: Report, cost: RunCost): Sample[] {
  const failed = new Map<string, number>();
  const unmerged = report.gatesOnly ? [] : report.items.filter(({ status }) => status !== 'merged');
  for (const item of unmerged) failed.set(reasonCode(item), (failed.get(reasonCode(item)) ?? 0) + 1);
  return samplesOfEnd({
    status: report.status,
    seconds: (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000,
    merged: report.gatesOnly || report.dryRun ? 0 : report.items.length - unmerged.length,
    failed,
    order: facts.order,
    costUsd: cost.usd,
  });
}

/** Failed gates whose log is shown; more would make a report that nobody reads. */
const TAILS = 50;

async function readTails(blobs: Blobs, report: Report): Promise<LogTails> {
  const logs = failedGates(report).flatMap(({ gate }) => gate.log ?? []);
  const tails = await Promise.all(
    logs.slice(0, TAILS).map(async (log) => {
      const text = await blobs.get(blobKeys.file(report.runId, log));
      return text === undefined ? [] : [[log, tailOf(text)] as const];
    }),
  );
  return new Map(tails.flat());
}
