import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { learnDurations, openDurations } from '../engine/durations';
import type { LocalOutcome, LocalRun } from '../engine/local';
import type { OrderCache } from '../engine/order-cached';
import { buildReport } from '../report/build';
import { keptFolder } from '../report/kept';
import { recordOutcome } from '../report/record-outcome';
import type { Report } from '../report/report';
import { readTails } from '../report/tails';
import { writeReport } from '../report/write';
import { type Metrics, metricsJson } from '../telemetry/lex-pr-metrics';
import type { Logger } from '../telemetry/logger';
import { recordEvents } from '../telemetry/record-events';

export interface Finishing {
  readonly metrics: Metrics;
  readonly orders: OrderCache;
  /** Where the report goes, with a copy of the logs if that is not where the run keeps them. */
  readonly reportFolder: string;
}

/** Writes what a run came to: report, metrics, the ref that names the weave. Then it counts as ended. */
export async function finishRun(
  run: LocalRun,
  finishing: Finishing,
  outcome: LocalOutcome,
  logger: Logger,
): Promise<Report> {
  const { workspace, record, load, ordered } = run;
  const { metrics, reportFolder } = finishing;
  const endedAt = Date.now();
  const { tip, base } = outcome.state.weave;
  const woven = tip.linear !== base;
  const wovenRef = `refs/heads/integration/${record.plan.target}/${record.id}`;
  // Named meanwhile, and before the report tells the name.
  const naming = woven ? workspace.repository.run(['update-ref', wovenRef, tip.linear]) : undefined;
  naming?.catch(() => {});
  const cache = { order: finishing.orders.stats(), gate: outcome.gateCache };
  for (const [operation, { hits, misses }] of Object.entries(cache)) {
    metrics.cacheHits.add(hits, { operation });
    metrics.cacheMisses.add(misses, { operation });
    logger.info('cache', 'cache', { operation, hits, misses });
  }
  metrics.memoryBytes.set(process.memoryUsage().heapUsed);
  metrics.throttleSeconds.add(outcome.heldSeconds.memory);
  metrics.cpuThrottleSeconds.add(outcome.heldSeconds.cpu);
  metrics.ioThrottleSeconds.add(outcome.heldSeconds.io);
  // Of the whole run, also where other processes began it.
  const events = await workspace.store.events(record.id);
  recordEvents(metrics, load, record.plan.policy.mergeStrategy, events);
  const built = buildReport({
    record,
    ordered,
    load,
    events,
    endedAt,
    cache,
    heldSeconds: outcome.heldSeconds,
    state: outcome.state,
    wovenTree: woven ? (await workspace.commits.read(tip.linear)).tree : undefined,
    wovenRef,
    wovenIn: workspace.repository.gitDir,
  });
  recordOutcome(metrics, built);
  const report: Report = { ...built, metrics: metricsJson(metrics) };
  if (reportFolder !== record.artifactFolder) await copyFiles(record.artifactFolder, reportFolder);
  const tails = await readTails(reportFolder, report);
  await naming;
  for (const folder of new Set([reportFolder, keptFolder(workspace.home, record.id)]))
    await writeReport(folder, report, tails);
  // Not before: a run that dies without its report is resumed for it.
  await workspace.store.finish(record.id, endedAt);
  // Rather not at all than twice.
  const durations = openDurations(record.plan.policy.performance, workspace.cache);
  const names = ordered.items.map(({ name }) => name);
  await learnDurations(durations, load, names, events);
  return report;
}

async function copyFiles(from: string, to: string): Promise<void> {
  for (const folder of ['logs', 'artifacts']) {
    await cp(join(from, folder), join(to, folder), { recursive: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      },
    );
  }
}
