import type { Wanted } from '../../logs/wanted';
import { printable } from '../../telemetry/printable';
import { ExitCode, type Io } from '../io';
import { catchSignals } from '../signals';
import { style } from '../style';
import { jsonLinesPrinter, jsonPrinter } from './json-printer';
import { openOutput } from './output';
import type { Printer } from './printer';
import { textPrinter } from './text-printer';

export interface LogsOptions extends Wanted {
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** What somebody who prints logs is given. */
export interface Printing {
  readonly printer: Printer;
  /** Takes a sentence for people; nothing is said where a machine reads. */
  readonly note: (text: string) => void;
  /** Aborted by Ctrl-C, and once nobody reads any more. */
  readonly signal: AbortSignal;
}

/**
 * Prints logs by `act`, as the options say. Ctrl-C ends it, and so does a reader that goes away; the document of
 * `--json` is a whole one even then. @returns the exit code
 */
export async function printLogs(
  run: string,
  options: LogsOptions,
  io: Io,
  act: (printing: Printing) => Promise<void>,
): Promise<number> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let interrupted = false;
  const signals = catchSignals(() => {
    interrupted = true;
    stopping.abort();
  });
  const note = (line: string) => {
    if (options.json !== true) io.stderr.write(`${line}\n`);
  };
  try {
    const printer = openPrinter(run, options, io, note, () => stopping.abort());
    await act({ printer, note: (text) => note(printable(text)), signal });
    await printer.close();
  } finally {
    signals.release();
  }
  return interrupted ? signals.exitCode() : ExitCode.merged;
}

function openPrinter(
  run: string,
  { item, gate, follow, json }: LogsOptions,
  { stdout, stderr }: Io,
  note: (line: string) => void,
  onGone: () => void,
): Printer {
  const output = openOutput(stdout, onGone);
  if (json) return follow ? jsonLinesPrinter(run, output) : jsonPrinter(run, output);
  return textPrinter({
    output,
    note,
    // By what was asked for, not by what there is: scripts are to know.
    prefixed: item === undefined || gate === undefined,
    terminal: stdout.isTTY === true,
    style: style(stdout),
    noteStyle: style(stderr),
  });
}
