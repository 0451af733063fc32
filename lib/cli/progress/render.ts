import { formatDuration } from '../../report/duration';
import { cut, displayWidth, pad } from '../../report/width';
import { printable } from '../../telemetry/printable';
import type { Style } from '../style';
import { itemName, PHASES } from './event-line';
import type { ProgressView } from './progress';

/** Columns for the time a gate has been running. */
const CLOCK = 7;
const BAR = { min: 6, max: 24 };
/** A lane waits for work. */
const IDLE = '·';

/**
 * The display of a running run: a bar with the times, the items, then a line for each lane. Where the lanes
 * do not fit, those at work come first and the rest is counted.
 * @param width columns; no line is wider
 * @param rows of the terminal; one is left for the cursor
 */
export function renderProgress(view: ProgressView, width: number, style: Style, rows = 24): string[] {
  const lines = [
    times(view, width, style),
    items(view, style),
    ...lanes(view, width, Math.max(1, rows - 3), style),
  ];
  return lines.slice(0, Math.max(1, rows - 1)).map((line) => toWidth(line, width));
}

/** A piece of a line, and how it is coloured once it is known how much of it fits. */
type Piece = readonly [text: string, paint?: (text: string) => string];

function times(view: ProgressView, width: number, style: Style): Piece[] {
  const { phase, gates, startedAt, now, timeLeftMs } = view;
  const words: Piece[] = [
    [PHASES[phase], style.bold],
    [`  ${gates.done}/${gates.total} gates`],
    ...(gates.cached > 0 ? [[` (${gates.cached} cached)`, style.dim] as const] : []),
    [`  ${elapsed(now - startedAt)}`],
    ...(timeLeftMs === undefined ? [] : [[`, about ${elapsed(timeLeftMs)} left`, style.dim] as const]),
  ];
  return [...bar(gates, width - widthOf(words) - 1, style), ...words];
}

/** How many of the gates are done, in the room that the words leave. */
function bar({ done, total }: ProgressView['gates'], room: number, style: Style): Piece[] {
  if (room < BAR.min) return [];
  const columns = Math.min(BAR.max, room);
  const filled = total === 0 ? columns : Math.round(Math.min(1, done / total) * columns);
  return [
    ['━'.repeat(filled), style.green],
    [`${'─'.repeat(columns - filled)} `, style.dim],
  ];
}

function items(
  { items: { total, passed, failed, blocked, running, waiting } }: ProgressView,
  style: Style,
): Piece[] {
  const counts: (readonly [count: number, word: string, paint?: (text: string) => string])[] = [
    [passed, 'passed', style.green],
    [failed, 'failed', style.red],
    [blocked, 'blocked', style.yellow],
    [running, 'running', style.cyan],
    [waiting, 'waiting', style.dim],
  ];
  return [
    [`${total} items:`],
    ...counts
      .filter(([count]) => count > 0)
      .map(([count, word, paint]): Piece => (paint ? [` ${count} ${word}`, paint] : [` ${count} ${word}`])),
  ];
}

function lanes({ lanes: all, now }: ProgressView, width: number, rows: number, style: Style): Piece[][] {
  const numbered = all.map((work, lane) => ({ work, lane }));
  const folded = numbered.length > rows;
  const atWork = numbered.filter(({ work }) => work !== null);
  const shown = folded ? atWork.slice(0, rows - 1) : numbered;
  const digits = String(all.length).length;
  // A third of the line at most for the gate, the rest for the item.
  const gateColumns = Math.min(
    Math.floor(width / 3),
    Math.max(0, ...shown.map(({ work }) => displayWidth(printable(work?.gate ?? '')))),
  );
  const itemColumns = Math.max(1, width - digits - 1 - CLOCK - 2 - gateColumns - 2);
  const lines = shown.map(({ work, lane }): Piece[] => {
    const number: Piece = [`${String(lane + 1).padStart(digits)} `, style.dim];
    if (work === null) return [number, [IDLE, style.dim]];
    return [
      number,
      [`${elapsed(now - work.since).padStart(CLOCK)}  `, style.cyan],
      [`${pad(cut(printable(work.gate), gateColumns), gateColumns)}  `],
      [cut(itemName(work.item), itemColumns), style.bold],
    ];
  });
  if (!folded) return lines;
  const hidden = atWork.length - shown.length;
  const idle = all.length - atWork.length;
  return [...lines, [[`… ${hidden} more lanes at work, ${idle} waiting for work`, style.dim]]];
}

/** Whole seconds: tenths that jump are no help. */
function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds}s` : formatDuration(seconds * 1000);
}

const widthOf = (pieces: readonly Piece[]) => displayWidth(pieces.map(([text]) => text).join(''));

/** The pieces as one line of so many columns at most. */
function toWidth(pieces: readonly Piece[], width: number): string {
  if (widthOf(pieces) <= width) return pieces.map(([piece, paint]) => paint?.(piece) ?? piece).join('');
  let left = width;
  let line = '';
  for (const [piece, paint] of pieces) {
    // What follows must show that it was cut, even where this piece just fits.
    const fits = displayWidth(piece) < left;
    const kept = fits ? piece : cut(`${piece} `, left);
    line += paint?.(kept) ?? kept;
    left -= displayWidth(kept);
    if (!fits) break;
  }
  return line;
}
