import { stripVTControlCharacters } from 'node:util';
import { refuse } from '../errors';
import { createNearest, suggest } from '../plan/nearest';
import type { Report } from '../report/report';
import { whyOf } from '../report/why';
import { printable } from '../telemetry/printable';
import type { Io } from './io';
import { style } from './style';

export interface Printing {
  readonly json: boolean | undefined;
  /** Where a log of the report can be read. */
  readonly pathOf: (log: string) => string;
  /** Its last lines; undefined where it is gone. */
  readonly tailOf: (log: string) => Promise<string | undefined>;
}

/**
 * Prints why an item of a report was merged or not, with the last lines of the log that says so.
 * @returns 0
 * @throws InputError for an item that the run does not have
 */
export async function printWhy(report: Report, name: string, printing: Printing, io: Io): Promise<number> {
  const named = new Map(report.items.map((item) => [item.name, item]));
  const item = named.get(name);
  if (item === undefined) {
    const known = suggest(
      createNearest()(name, [...named.keys()]),
      'see lex-pr report; --run names another run',
    );
    throw refuse('unknown-item', `run ${report.runId} has no item ${JSON.stringify(name)}`, known);
  }
  const { sentences, gate } = whyOf(report, item, named, printing.pathOf);
  const log = gate?.log ?? null;
  const tail = log === null ? undefined : await printing.tailOf(log);
  if (printing.json) {
    const { status, reason } = item;
    const told = { runId: report.runId, item: name, status, reason, why: sentences };
    io.stdout.write(`${JSON.stringify({ ...told, log: log && { path: log, tail: tail ?? null } })}\n`);
    return 0;
  }
  const { dim } = style(io.stdout);
  for (const sentence of sentences) io.stdout.write(`${printable(sentence)}\n`);
  if (tail !== undefined && tail !== '') {
    io.stdout.write(`\n${dim(`The end of ${printable(printing.pathOf(log!))}:`)}\n`);
    for (const line of stripVTControlCharacters(tail).split(/\r\n|\r|\n/))
      io.stdout.write(`  ${printable(line.replaceAll('\t', '    '))}\n`);
  }
  return 0;
}
