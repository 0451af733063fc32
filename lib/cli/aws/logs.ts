import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from '../../engine/aws/control-client';
import { LOGS_A_CALL } from '../../engine/aws/control-protocol';
import { whyNotBegun } from '../../engine/aws/refusal';
import type { RunContext } from '../../engine/aws/run-context';
import { downloadBytes, TransferError } from '../../engine/aws/transfer';
import { refuse } from '../../errors';
import { LOG_LIMITS } from '../../gates/capped-log';
import { type EndedAttempt, endedAttempt } from '../../logs/attempt';
import { skippedGates } from '../../logs/skipped';
import { wantedTasks } from '../../logs/wanted';
import type { RunEvent } from '../../run/messages';
import type { RunState } from '../../run/state';
import type { Cloud } from '../engine';
import type { Io } from '../io';
import { type LogsOptions, type Printing, printLogs } from '../logs/print';
import { type Show, watchRun } from './watch';

/** `lex-pr logs` on AWS, where output comes once its gate has ended. @returns the exit code */
export async function logsOnAws(
  id: string | undefined,
  options: LogsOptions,
  { control, commandFor }: Cloud,
  io: Io,
): Promise<number> {
  const run = id ?? (await newestRun(control));
  return printLogs(run, options, io, async (printing) => {
    const { note } = printing;
    const seen = new AbortController();
    const signal = AbortSignal.any([printing.signal, seen.signal]);
    // Who does not follow the run goes when there is something to wait for.
    const pause = options.follow ? sleep : async () => seen.abort();
    let context: RunContext | undefined;
    let state: RunState | undefined;
    const events: RunEvent[] = [];
    const open = (opened: RunContext): Show => {
      context = opened;
      const show = showLogs(control, opened, options, printing);
      return (some, now) => {
        for (const event of some) events.push(event);
        state = now;
        return show(some, now);
      };
    };
    const { end, refusal } = await watchRun({ control, run, open, note, signal, pause });
    if (end === 'refused')
      throw refuse('no-logs', `run ${run} ${whyNotBegun(refusal)}`, `see ${commandFor('status', run)}`);
    if (printing.signal.aborted) return;
    if (context === undefined || state === undefined) {
      note(`run ${run} has not begun: no gate has run yet`);
      return;
    }
    const isWanted = wantedTasks(context, options);
    await printing.printer.skipped(skippedGates({ ...context, state, isWanted }, events));
  });
}

async function newestRun(control: Pick<Control, 'list'>): Promise<string> {
  const [newest] = (await control.list({})).runs;
  if (newest === undefined) throw refuse('no-runs', 'there is no such run', 'start one with lex-pr merge');
  return newest.runId;
}

/** Prints the attempts that were asked for as they end. */
function showLogs(
  control: Pick<Control, 'logs'>,
  { load, names, record }: RunContext,
  options: LogsOptions,
  { printer, signal }: Printing,
): Show {
  const named = { load, names };
  const isWanted = wantedTasks(named, options);
  const endOf = (event: RunEvent) =>
    event.event === 'result' && event.kind === 'gate' && isWanted(event.task)
      ? (endedAttempt(named, event) ?? [])
      : [];
  return async (events) => {
    const attempts = events.flatMap(endOf);
    for (const page of pagesOf(attempts, LOGS_A_CALL)) {
      if (signal.aborted) return;
      const urls = await urlsOf(control, record.id, page);
      for (const some of pagesOf(page, AT_ONCE)) {
        if (signal.aborted) return;
        const outputs = await Promise.all(some.map(({ log }) => readOutput(urls, log)));
        for (const [k, attempt] of some.entries()) {
          const output = outputs[k];
          if (output !== undefined) await printer.output(attempt, output);
          await printer.end(attempt, attempt.log === null || output !== undefined);
        }
      }
    }
  };
}

/** As many logs are read at once, and held in memory. */
const AT_ONCE = 8;
/** Beside what is kept of an output a log holds what a check that runs elsewhere has answered. */
const MAX_LOG = LOG_LIMITS.head + LOG_LIMITS.tail + (1 << 20);

function* pagesOf<T>(values: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < values.length; at += size) yield values.slice(at, at + size);
}

/** Where the logs of attempts can be read, by path. */
async function urlsOf(
  control: Pick<Control, 'logs'>,
  run: string,
  attempts: readonly EndedAttempt[],
): Promise<ReadonlyMap<string, string>> {
  const paths = [...new Set(attempts.flatMap(({ log }) => log ?? []))];
  const { files } = paths.length === 0 ? { files: [] } : await control.logs({ run, paths });
  return new Map(files.map(({ path, url }) => [path, url]));
}

/** What an attempt has printed; undefined where there is nothing (any more). */
async function readOutput(
  urls: ReadonlyMap<string, string>,
  log: string | null,
): Promise<Buffer | undefined> {
  if (log === null) return undefined;
  try {
    return await downloadBytes(urls.get(log)!, MAX_LOG, log);
  } catch (error) {
    if (error instanceof TransferError && isMissing(error)) return undefined;
    throw error;
  }
}

/** The URL is a new one, so that what cannot be reached has expired. S3 says so to those only who may list files. */
const isMissing = ({ status, code }: TransferError) =>
  status === 404 || (status === 403 && code === 'AccessDenied');
