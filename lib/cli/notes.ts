import type { Note } from '../discover/note';
import { createLogger, type Fields } from '../telemetry/logger';
import { printable } from '../telemetry/printable';
import type { Io } from './io';
import { style } from './style';

/**
 * Says on standard error what there is to know about a result: a sentence a line, or JSON lines for machines.
 * @param fields of each line of JSON
 * @param about what a sentence begins with that is no warning
 */
export function writeNotes(
  notes: readonly Note[],
  json: boolean,
  { stderr }: Io,
  fields: Fields = {},
  about = 'plan',
): void {
  const logger = createLogger({ format: 'json', level: 'info', stream: stderr, colour: false });
  const { yellow, dim } = style(stderr);
  for (const { event, message, warn } of notes) {
    if (json) logger[warn ? 'warn' : 'info'](event, message, fields);
    else stderr.write(`${warn ? yellow('warning:') : dim(`${about}:`)} ${printable(message)}\n`);
  }
}
