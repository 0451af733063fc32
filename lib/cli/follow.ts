import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { carryOn, type LocalOutcome, type LocalRun, type RunObserver } from '../engine/local';
import type { OrderCache } from '../engine/order-cached';
import { killProcessGroups } from '../gates/process-group';
import { reasonCode } from '../report/advice';
import { buildReport } from '../report/build';
import { keptFolder } from '../report/kept';
import type { Report } from '../report/report';
import { renderSummary } from '../report/summary';
import { readTails } from '../report/tails';
import { writeReport } from '../report/write';
import type { ProcessTable } from '../run/sqlite-store';
import { type Metrics, metricsJson } from '../telemetry/lex-pr-metrics';
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from '../telemetry/logger';
import { recordEvents } from '../telemetry/record-events';
import { ExitCode, type Io } from './io';
import { logProgress } from './log-progress';
import { plainProgress } from './progress/plain';
import type { ProgressSink } from './progress/progress';
import { plainStyle, style } from './style';
import { trackProgress } from './tracker';

export interface FollowOptions {
  readonly json?: boolean;
  readonly logFormat?: 'human' | 'json';
}

/** Whether a script reads what is printed: one JSON document, logs as JSON lines. */
export const isMachine = ({ json, logFormat }: FollowOptions) => json === true || logFormat === 'json';

export interface Followed {
  readonly metrics: Metrics;
  readonly orders: OrderCache;
  /** Where the report goes, with a copy of the logs if that is not where the run keeps them. */
  readonly reportFolder: string;
}

/**
 * Carries a run to its end with progress on standard error, writes its report, prints it.
 * Ctrl-C stops it so that it can be resumed; so does a fault. @returns the exit code
 */
export async function follow(
  run: LocalRun,
  followed: Followed,
  options: FollowOptions,
  io: Io,
): Promise<number> {
  const machine = isMachine(options);
  const { sink, logger } = await openSink(machine, io);
  const note = (text: string) => sink.event({ kind: 'note', text });
  const goOn = `go on with: lex-pr resume ${run.record.id}`;
  const interrupt = catchSignals(note, run.workspace.store.processes);
  let report: Report;
  try {
    const outcome = await carryOn(run, observe(run, followed.metrics, sink, logger), interrupt.signal);
    if (!outcome.ended) {
      note(`stopped; ${goOn}`);
      return interrupt.exitCode();
    }
    report = await finish(run, followed, outcome, logger);
  } catch (error) {
    note(`a fault has interrupted the run; ${goOn}`);
    throw error;
  } finally {
    interrupt.release();
    sink.end();
  }
  if (machine) io.stdout.write(`${JSON.stringify(report)}\n`);
  else io.stdout.write(`${renderSummary(report, followed.reportFolder, style(io.stdout)).join('\n')}\n`);
  return report.status === 'merged' ? ExitCode.merged : ExitCode.failed;
}

async function openSink(machine: boolean, io: Io): Promise<{ sink: ProgressSink; logger: Logger }> {
  const live = !machine && io.stderr === process.stderr && process.stderr.isTTY;
  const level = LOG_LEVELS.find((known): known is LogLevel => known === io.env.LEX_PR_LOG_LEVEL) ?? 'info';
  const show = live
    ? (await import('./progress/terminal')).liveProgress(process.stderr)
    : machine
      ? undefined
      : plainProgress(io.stderr);
  const stream = show ?? io.stderr;
  const logger = createLogger({
    format: machine ? 'json' : 'human',
    level,
    stream,
    colour: style(io.stderr) !== plainStyle,
  });
  return { sink: show ?? logProgress(logger, io.stderr), logger };
}

function observe(run: LocalRun, metrics: Metrics, sink: ProgressSink, logger: Logger): RunObserver {
  const { load, ordered, record } = run;
  const track = trackProgress(load, ordered, record.startedAt, sink);
  const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
  return {
    onCommit: track,
    onActive(active, { heapUsedBytes }) {
      metrics.activeWorkers.set(active);
      metrics.memoryBytes.set(heapUsedBytes);
    },
    onCrossing(above, { heapUsedBytes, thresholdBytes }) {
      const where = above ? 'above' : 'below';
      const message = `memory is ${where} its threshold: ${mb(heapUsedBytes)} of ${mb(thresholdBytes)} MB`;
      logger.warn('memory-threshold', message, { above, heapUsedBytes, thresholdBytes });
    },
    onThrottle: () => logger.warn('memory-throttle', 'new gates are held back until memory drops'),
    onRelease: (seconds) =>
      logger.warn('memory-release', `gates go on after ${seconds.toFixed(1)} s`, { seconds }),
  };
}

/** The first signal stops the run cleanly, the second one ends this process and all gates at once. */
function catchSignals(note: (text: string) => void, gates: ProcessTable) {
  const controller = new AbortController();
  let caught: NodeJS.Signals | undefined;
  const handler = (signal: NodeJS.Signals) => {
    if (caught !== undefined) {
      killProcessGroups(gates.all());
      process.exit(codeOf(signal));
    }
    caught = signal;
    note('stopping: gates are being ended (again to end at once)');
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handler);
  return {
    signal: controller.signal,
    exitCode: () => codeOf(caught ?? 'SIGINT'),
    release() {
      for (const signal of signals) process.off(signal, handler);
    },
  };
}

/** As a shell reports it: 128 + the signal's number. */
const codeOf = (signal: NodeJS.Signals) =>
  ({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })[signal as 'SIGINT'] ?? 130;

/** Report, metrics and the ref that names the weave. */
async function finish(
  run: LocalRun,
  followed: Followed,
  outcome: LocalOutcome,
  logger: Logger,
): Promise<Report> {
  const { workspace, record, load, ordered } = run;
  const { metrics, reportFolder } = followed;
  const endedAt = Date.now();
  const { tip, base } = outcome.state.weave;
  const woven = tip.linear !== base;
  const wovenRef = `refs/heads/integration/${record.plan.target}/${record.id}`;
  if (woven) await workspace.repository.run(['update-ref', wovenRef, tip.linear]);
  const cache = { order: followed.orders.stats(), gate: outcome.gateCache };
  for (const [operation, { hits, misses }] of Object.entries(cache)) {
    metrics.cacheHits.add(hits, { operation });
    metrics.cacheMisses.add(misses, { operation });
    logger.info('cache', 'cache', { operation, hits, misses });
  }
  metrics.memoryBytes.set(process.memoryUsage().heapUsed);
  metrics.throttleSeconds.add(outcome.throttledSeconds);
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
    state: outcome.state,
    wovenTree: woven ? (await workspace.commits.read(tip.linear)).tree : undefined,
    wovenRef,
  });
  // Where only gates ran, nothing was to be merged.
  for (const item of record.gatesOnly ? [] : built.items) {
    if (item.status === 'merged') metrics.mergeSuccess.add(1);
    else metrics.mergeFailure.add(1, { reason: reasonCode(item) });
  }
  metrics.runSeconds.observe((endedAt - record.startedAt) / 1000, { status: built.status });
  const report: Report = { ...built, metrics: metricsJson(metrics) };
  if (reportFolder !== record.artifactFolder) await copyFiles(record.artifactFolder, reportFolder);
  const tails = await readTails(reportFolder, report);
  for (const folder of new Set([reportFolder, keptFolder(workspace.home, record.id)]))
    await writeReport(folder, report, tails);
  // Not before: a run that dies without its report is resumed for it.
  await workspace.store.finish(record.id, endedAt);
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
