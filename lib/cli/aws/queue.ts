import type { Cloud } from '../engine';
import type { Io } from '../io';
import { queueText } from '../queue-text';

/** `lex-pr queue --engine aws`: the runs on each target of the stack, in order, and what is paused. @returns 0 */
export async function queueOnAws(
  options: { readonly json?: boolean },
  { control, commandFor }: Cloud,
  io: Io,
): Promise<number> {
  const { runs, pauses } = await control.queue({});
  io.stdout.write(
    options.json ? `${JSON.stringify({ runs, pauses })}\n` : queueText(runs, pauses, commandFor),
  );
  return 0;
}
