import { createLogUpdate } from 'log-update';
import { style } from '../style';
import { liveSink } from './live';
import type { ProgressSink } from './progress';

/** Progress that is redrawn in place on a terminal; the cursor is hidden until `end`, or the process ends. */
export function liveProgress(stream: NodeJS.WriteStream): ProgressSink {
  return liveSink(stream, createLogUpdate(stream), style(stream));
}
