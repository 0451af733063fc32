import { setTimeout as sleep } from 'node:timers/promises';
import { wasCancelledEarly } from '../../engine/aws/refusal';
import type { RunContext } from '../../engine/aws/run-context';
import { Fault, InputError, type Problem } from '../../errors';
import type { Report } from '../../report/report';
import { printable } from '../../telemetry/printable';
import type { Cloud } from '../engine';
import { ExitCode, type Io } from '../io';
import { isMachine, type OutputOptions, openSink } from '../open-sink';
import { printLeft } from '../print-left';
import { printReport } from '../print-report';
import { problemsAsJson } from '../problems';
import { catchSignals } from '../signals';
import { trackProgress } from '../tracker';
import { fetchReport } from './fetch-report';
import { type WatchEnd, watchRun } from './watch';

export interface Following {
  readonly cloud: Cloud;
  readonly run: string;
  /** Where the files of the run come to. Absolute, and there. */
  readonly folder: string;
  /** What is said at first. */
  readonly first: string;
}

/**
 * Shows a run on AWS until it has ended, brings its files here, prints its report. Ctrl-C ends this and nothing
 * else: the run goes on. @returns the exit code
 * @throws InputError for a run that was refused; Fault for one that the engine could not begin
 */
export async function followOnAws(
  { cloud, run, folder, first }: Following,
  options: OutputOptions,
  io: Io,
): Promise<number> {
  const { control, commandFor } = cloud;
  const { sink } = await openSink(options, io, run);
  const note = (text: string) => sink.event({ kind: 'note', text });
  const detaching = new AbortController();
  const signals = catchSignals(() => {
    if (watched === undefined) {
      note(`run ${run} goes on in AWS`);
      note(`  follow it: ${commandFor('resume', run)}`);
      note(`  end it:    ${commandFor('cancel', run)}`);
    } else note(`run ${run} has ended; bring its files here: ${commandFor('resume', run)}`);
    detaching.abort();
  });
  let watched: WatchEnd | undefined;
  let report: Report | undefined;
  try {
    note(first);
    const { signal } = detaching;
    const open = ({ load, ordered, record }: RunContext) =>
      trackProgress(load, ordered, record.startedAt, sink);
    watched = await watchRun({ control, run, open, note, signal, pause: sleep });
    if (watched.end === 'ended') report = await fetchReport({ control, run, folder, note, signal });
  } catch (error) {
    note(`the run may go on in AWS; follow it: ${commandFor('resume', run)}`);
    throw error;
  } finally {
    signals.release();
    sink.end();
  }
  if (watched.end === 'refused') return refused(run, watched.refusal, options, io);
  if (report !== undefined) return printReport(report, folder, options, io);
  printLeft(run, watched.end === 'ended' ? 'ended' : 'running', options, io);
  return signals.exitCode();
}

/** A run that came to nothing: cancelled before it began, or with a plan that cannot be run. */
function refused(
  run: string,
  problems: readonly Problem[],
  options: OutputOptions,
  { stdout, stderr }: Io,
): number {
  const [first] = problems;
  if (first?.code === 'engine-fault') throw new Fault(first);
  if (first === undefined || !wasCancelledEarly(problems)) throw new InputError(problems);
  if (isMachine(options)) stdout.write(problemsAsJson(problems));
  else stderr.write(`run ${run} was cancelled before it began: ${printable(first.message)}\n`);
  return ExitCode.failed;
}
