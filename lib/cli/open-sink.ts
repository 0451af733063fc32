import { bind, createLogger, type Logger } from '../telemetry/logger';
import type { Io } from './io';
import { logLevel } from './log-level';
import { logProgress } from './log-progress';
import { plainProgress } from './progress/plain';
import type { ProgressSink } from './progress/progress';
import { plainStyle, style } from './style';

export interface OutputOptions {
  readonly json?: boolean;
  readonly logFormat?: 'human' | 'json';
}

/** Whether a script reads what is printed: one JSON document, logs as JSON lines. */
export const isMachine = ({ json, logFormat }: OutputOptions) => json === true || logFormat === 'json';

/**
 * What shows the progress of a run on standard error: on a terminal in place, else line by line; for a machine with
 * the id of the run in each line.
 */
export async function openSink(
  options: OutputOptions,
  io: Io,
  run: string,
): Promise<{ readonly sink: ProgressSink; readonly logger: Logger }> {
  const machine = isMachine(options);
  const live = !machine && io.stderr === process.stderr && process.stderr.isTTY;
  const show = live
    ? (await import('./progress/terminal')).liveProgress(process.stderr)
    : machine
      ? undefined
      : plainProgress(io.stderr);
  const stream = show ?? io.stderr;
  const plain = createLogger({
    format: machine ? 'json' : 'human',
    level: logLevel(io.env),
    stream,
    colour: style(io.stderr) !== plainStyle,
  });
  const logger = machine ? bind(plain, { run }) : plain;
  return { sink: show ?? logProgress(logger, io.stderr), logger };
}
