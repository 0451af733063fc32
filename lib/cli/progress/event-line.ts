import { formatDuration } from '../../report/duration';
import { printable } from '../../telemetry/printable';
import type { Style } from '../style';
import type { ProgressEvent, ProgressPhase } from './progress';

/** An event as one line, without its newline. */
export function eventLine(event: ProgressEvent, style: Style): string {
  switch (event.kind) {
    case 'gate-start':
      return `${gateOf(event)} taken up, ${worker(event, style)}`;
    case 'gate-end':
      return `${gateEndLine(event, style)}, ${worker(event, style)}`;
    case 'item-end': {
      const { status, reason, dryRun } = event;
      const outcome = dryRun && status === 'merged' ? 'would merge' : status;
      const colour = status === 'merged' ? style.green : status === 'failed' ? style.red : style.yellow;
      return `item ${printable(event.item)} ${colour(outcome)}${reason === null ? '' : `: ${printable(reason)}`}`;
    }
    case 'phase':
      return style.bold(PHASES[event.phase]);
    case 'note':
      return printable(event.text);
  }
}

/** How a gate has ended, without its newline. */
export const gateEndLine = (end: GateEnd, style: Style): string => `${gateOf(end)} ${gateEnd(end, style)}`;

/** What the run is doing, in a word or two. */
export const PHASES: Readonly<Record<ProgressPhase, string>> = {
  gates: 'running gates',
  weave: 'weaving',
  verify: 'verifying',
  bisect: 'bisecting the weave',
  land: 'landing',
  done: 'done',
};

/** Whose gate it is. */
export const itemName = (item: string | null) => (item === null ? 'the woven commit' : printable(item));

type GateEvent = Extract<ProgressEvent, { kind: 'gate-start' | 'gate-end' }>;

type GateEnd = Omit<Extract<ProgressEvent, { kind: 'gate-end' }>, 'kind' | 'lane' | 'active'>;

function gateOf({ gate, item, attempt }: Omit<GateEnd, 'status' | 'ms' | 'cached'>): string {
  return `gate ${printable(gate)} of ${itemName(item)}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
}

const worker = ({ lane, active }: GateEvent, style: Style) => style.dim(`lane ${lane}, ${active} active`);

function gateEnd({ status, ms, cached }: GateEnd, style: Style): string {
  const took = cached ? '(cached)' : `in ${formatDuration(ms)}`;
  switch (status) {
    case 'pass':
      return `${style.green('passed')} ${took}`;
    case 'fail':
      return `${style.red('failed')} ${took}`;
    case 'timeout':
      return `${style.red('timed out')} after ${formatDuration(ms)}`;
    case 'skipped':
      return style.dim('skipped');
  }
}
