import type { Style } from '../style';
import { eventLine } from './event-line';
import type { ProgressEvent, ProgressSink, ProgressView } from './progress';
import { renderProgress } from './render';

/** What redraws a block of lines in place: log-update's `createLogUpdate(stream)`. */
export interface Screen {
  (frame: string): void;
  clear(): void;
  done(): void;
}

/** At most one redraw in this time, in ms; and one in this time for the clocks alone. */
const REDRAW_MS = 100;
const CLOCK_MS = 500;

/**
 * Progress on a terminal: the view, redrawn in place below all other lines. Failures and notes become lines
 * above it that stay; everything else the view shows.
 */
export function liveSink(
  stream: { write(text: string): unknown; readonly columns?: number; readonly rows?: number },
  screen: Screen,
  style: Style,
): Required<ProgressSink> {
  let view: ProgressView | undefined;
  let receivedAt = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const draw = () => {
    if (view === undefined) return;
    drawnAt = Date.now();
    const { columns = 80, rows = 24 } = stream;
    screen(renderProgress(aged(view, drawnAt - receivedAt), columns, style, rows).join('\n'));
    // One timer, and none once nothing runs.
    if (view.lanes.some((lane) => lane !== null)) drawIn(CLOCK_MS);
  };
  const drawIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(draw, ms).unref();
  };
  const redraw = () => {
    const wait = drawnAt + REDRAW_MS - Date.now();
    if (wait > 0) drawIn(wait);
    else draw();
  };
  const write = (text: string) => {
    screen.clear();
    stream.write(text);
    redraw();
  };

  return {
    event(event) {
      if (staysVisible(event)) write(`${eventLine(event, style)}\n`);
    },
    update(next) {
      view = next;
      receivedAt = Date.now();
      redraw();
    },
    write,
    end() {
      clearTimeout(timer);
      view = undefined;
      screen.clear();
      screen.done();
    },
  };
}

function staysVisible(event: ProgressEvent): boolean {
  if (event.kind === 'gate-end') return event.status === 'fail' || event.status === 'timeout';
  if (event.kind === 'item-end') return event.status === 'failed';
  return event.kind === 'note';
}

/** The view as it is some ms after it was taken. */
function aged(view: ProgressView, ms: number): ProgressView {
  const { now, timeLeftMs } = view;
  return {
    ...view,
    now: now + ms,
    timeLeftMs: timeLeftMs === undefined ? undefined : Math.max(0, timeLeftMs - ms),
  };
}
