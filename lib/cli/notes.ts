import type { Note } from '../discover/note';
import { createLogger } from '../telemetry/logger';
import { printable } from '../telemetry/printable';
import type { Io } from './io';
import { style } from './style';

/** Says on standard error what there is to know about a result: a sentence a line, or JSON lines for machines. */
export function writeNotes(notes: readonly Note[], json: boolean, { stderr }: Io): void {
  const logger = createLogger({ format: 'json', level: 'info', stream: stderr, colour: false });
  const { yellow, dim } = style(stderr);
  for (const { event, message, warn } of notes) {
    if (json) logger[warn ? 'warn' : 'info'](event, message);
    else stderr.write(`${warn ? yellow('warning:') : dim('plan:')} ${printable(message)}\n`);
  }
}
