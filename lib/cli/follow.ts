import { carryOn, type LocalRun, type RunObserver } from '../engine/local';
import { killProcessGroups } from '../gates/process-group';
import type { Report } from '../report/report';
import { renderSummary } from '../report/summary';
import type { ProcessTable } from '../run/sqlite-store';
import type { Metrics } from '../telemetry/lex-pr-metrics';
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from '../telemetry/logger';
import { type Finishing, finishRun } from './finish-run';
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

/**
 * Carries a run to its end with progress on standard error, writes its report, prints it.
 * Ctrl-C stops it so that it can be resumed; so does a fault. @returns the exit code
 */
export async function follow(
  run: LocalRun,
  followed: Finishing,
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
    report = await finishRun(run, followed, outcome, logger);
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
    onCommit(events, state) {
      for (const event of events)
        if (event.event === 'stop')
          sink.event({ kind: 'note', text: `the run is ended before its time: ${event.why}` });
      track(events, state);
    },
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
