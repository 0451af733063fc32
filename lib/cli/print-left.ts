import type { Io } from './io';
import { isMachine, type OutputOptions } from './open-sink';

/**
 * Where a script reads what is printed: tells it which run this process has left, in one document, as a report would
 * be. `interrupted`: nobody carries it on; `cancelled`: before
 * its turn had come; `running`, `ended`: on AWS it does not need us.
 */
export function printLeft(
  runId: string,
  status: 'interrupted' | 'running' | 'ended' | 'cancelled',
  options: OutputOptions,
  { stdout }: Io,
): void {
  if (isMachine(options)) stdout.write(`${JSON.stringify({ runId, status })}\n`);
}
