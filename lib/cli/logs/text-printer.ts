import { type AttemptName, WOVEN } from '../../logs/attempt';
import type { SkippedGate } from '../../logs/skipped';
import { silence } from '../../report/silent';
import { printable } from '../../telemetry/printable';
import { gateEndLine, itemName } from '../progress/event-line';
import type { Style } from '../style';
import { createLines, type Lines } from './lines';
import type { Output } from './output';
import { keyOf, type Printer } from './printer';
import { shownLine } from './shown';

export interface TextOptions {
  readonly output: Output;
  /** Takes a line for people, on standard error. */
  readonly note: (line: string) => void;
  /** Each line says whose it is. */
  readonly prefixed: boolean;
  /** What is printed is shown on a terminal. */
  readonly terminal: boolean;
  /** Of the output, and of notes. */
  readonly style: Style;
  readonly noteStyle: Style;
}

/**
 * Output as it is, byte for byte, unless it is shown on a terminal, or a line has to say whose it is; how an attempt
 * has ended as a note.
 */
export function textPrinter(options: TextOptions): Printer {
  const { output, note, prefixed, terminal, noteStyle } = options;
  const open = new Map<string, Lines>();
  /** Whose output, as it is, ends without a newline so far. */
  let cutOff: string | undefined;

  const print = async (of: AttemptName, lines: readonly Buffer[], end = '\n') => {
    if (lines.length === 0) return;
    const prefix = prefixed ? prefixOf(of, options.style) : '';
    const text = lines.flatMap((line) => [
      Buffer.from(prefix),
      terminal ? Buffer.from(shownLine(line.toString('utf8'))) : line,
      Buffer.from(end),
    ]);
    await output.write(Buffer.concat(text));
  };
  const finish = async (of: AttemptName) => {
    const key = keyOf(of);
    await print(of, open.get(key)?.rest() ?? []);
    open.delete(key);
  };

  return {
    async output(of, bytes) {
      if (!prefixed && !terminal) {
        const key = keyOf(of);
        if (cutOff !== undefined && cutOff !== key) await output.write('\n');
        if (bytes.length > 0) cutOff = bytes.at(-1) === 0x0a ? undefined : key;
        await output.write(bytes);
        return;
      }
      const lines = open.get(keyOf(of)) ?? createLines();
      open.set(keyOf(of), lines);
      await print(of, lines.push(bytes));
    },
    async end(attempt, isThere) {
      await finish(attempt);
      const end = gateEndLine({ ...attempt, ms: attempt.endedAt - attempt.startedAt }, noteStyle);
      note(`${end}${silence(attempt)}`);
      if (attempt.note !== null) note(`  ${printable(attempt.note)}`);
      if (!isThere) note('  what it printed is no longer there');
    },
    leave: finish,
    async skipped(gates) {
      const lines = skippedLines(gates);
      for (const line of lines.slice(0, TOLD)) note(line);
      if (lines.length > TOLD) note(`… and of ${lines.length - TOLD} more items; see the report`);
    },
    async close() {},
  };
}

/** Of as many items it is told why gates of theirs did not run. */
const TOLD = 20;

/** One line an item. */
function skippedLines(gates: readonly SkippedGate[]): string[] {
  return [...Map.groupBy(gates, ({ item }) => item)].map(([item, of]) => {
    const names = of.map(({ gate }) => printable(gate)).join(', ');
    return `gate${of.length === 1 ? '' : 's'} ${names} of ${itemName(item)} did not run: ${printable(of[0]!.why)}`;
  });
}

/** `auth-api: test | `, and which attempt it is from the second one on. */
function prefixOf({ item, gate, attempt }: AttemptName, { cyan, dim }: Style): string {
  const again = attempt > 1 ? ` #${attempt}` : '';
  return `${cyan(printable(`${item ?? WOVEN}: ${gate}${again}`))} ${dim('|')} `;
}
