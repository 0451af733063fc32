import { printable } from '../../telemetry/printable';

/** Colours and the like (SGR): nothing is lost without them. */
const COLOURS = /\x1b\[[0-9;:]*m/g;

/**
 * A line of somebody else's output as a terminal may be given it: it cannot move the cursor, change the title or
 * reorder what is read. Tabs stay, colours and the end of a line of Windows go, and everything else is escaped.
 */
export function shownLine(line: string): string {
  return line.replace(COLOURS, '').replace(/\r$/, '').split('\t').map(printable).join('\t');
}
