import type { Cloud } from '../engine';
import type { Io } from '../io';
import { queueText } from '../queue-text';

/** `lex-pr queue --engine aws`: the runs on each target of the stack, in order. @returns 0 */
export async function queueOnAws(
  options: { readonly json?: boolean },
  { control, commandFor }: Cloud,
  io: Io,
): Promise<number> {
  const { runs } = await control.queue({});
  io.stdout.write(options.json ? `${JSON.stringify({ runs })}\n` : queueText(runs, commandFor));
  return 0;
}
