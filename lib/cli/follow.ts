import { carryOn, type LocalRun, type RunObserver } from '../engine/local';
import { unwatched } from '../engine/watch-load';
import { killContainers } from '../gates/containers';
import { killProcessGroups } from '../gates/process-group';
import type { Report } from '../report/report';
import type { Metrics } from '../telemetry/lex-pr-metrics';
import type { Logger } from '../telemetry/logger';
import { type Finishing, finishRun } from './finish-run';
import type { Io } from './io';
import { logLimit, logLoad } from './log-load';
import { type OutputOptions, openSink } from './open-sink';
import { printLeft } from './print-left';
import { printReport } from './print-report';
import type { ProgressSink } from './progress/progress';
import { catchSignals } from './signals';
import { trackProgress } from './tracker';

/**
 * Carries a run to its end with progress on standard error, writes its report, prints it.
 * Ctrl-C stops it so that it can be resumed; so does a fault. @returns the exit code
 */
export async function follow(
  run: LocalRun,
  followed: Finishing,
  options: OutputOptions,
  io: Io,
): Promise<number> {
  const { sink, logger } = await openSink(options, io, run.record.id);
  const note = (text: string) => sink.event({ kind: 'note', text });
  const goOn = `go on with: lex-pr resume ${run.record.id}`;
  const interrupted = () => printLeft(run.record.id, 'interrupted', options, io);
  const stopping = new AbortController();
  const signals = catchSignals(
    () => {
      note('stopping: gates are being ended (again to end at once)');
      stopping.abort();
    },
    () => {
      const { processes, store } = run.workspace;
      killProcessGroups(processes.all());
      killContainers(store.containers.all());
      interrupted();
    },
  );
  let report: Report;
  try {
    for (const sentence of unwatched(run.record.plan.policy.performance)) logger.warn('pressure', sentence);
    const outcome = await carryOn(run, observe(run, followed.metrics, sink, logger), stopping.signal);
    if (!outcome.ended) {
      note(`stopped; ${goOn}`);
      interrupted();
      return signals.exitCode();
    }
    report = await finishRun(run, followed, outcome, logger);
  } catch (error) {
    note(`a fault has interrupted the run; ${goOn}`);
    throw error;
  } finally {
    signals.release();
    sink.end();
  }
  return printReport(report, followed.reportFolder, options, io);
}

function observe(run: LocalRun, metrics: Metrics, sink: ProgressSink, logger: Logger): RunObserver {
  const { load, ordered, record } = run;
  const track = trackProgress(load, ordered, record.startedAt, sink);
  return {
    ...logLoad(logger),
    onCommit(events, state) {
      metrics.workerLimit.set(state.limit);
      for (const event of events) if (event.event === 'limit') logLimit(logger, event);
      track(events, state);
    },
    onActive(active, { heapUsedBytes }) {
      metrics.activeWorkers.set(active);
      metrics.memoryBytes.set(heapUsedBytes);
    },
  };
}
