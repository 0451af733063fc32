import type { AttemptName, EndedAttempt } from '../../logs/attempt';
import { printable } from '../../telemetry/printable';
import { createLines, type Lines } from './lines';
import type { Output } from './output';
import { keyOf, type Printer } from './printer';

/** One document, `{"runId","logs":[…]}`, with all that an attempt has printed in its `output`. */
export function jsonPrinter(run: string, { write }: Output): Printer {
  const parts = new Map<string, Uint8Array[]>();
  let count = 0;
  const add = async (of: AttemptName, fields: object, isThere = true) => {
    const bytes = Buffer.concat(parts.get(keyOf(of)) ?? []);
    parts.delete(keyOf(of));
    await addFields(fields, isThere ? bytes.toString('utf8') : null);
  };
  const addFields = async (fields: object, output: string | null) => {
    count += 1;
    await write(`${count === 1 ? opening : ','}${toJson({ ...fields, output })}`);
  };
  const opening = `{"runId":${toJson(run)},"logs":[`;
  return {
    async output(of, bytes) {
      parts.set(keyOf(of), [...(parts.get(keyOf(of)) ?? []), Buffer.from(bytes)]);
    },
    end: (attempt, isThere) => add(attempt, fieldsOf(attempt), isThere && attempt.log !== null),
    leave: ({ item, gate, attempt, round }, status) =>
      add({ item, gate, attempt, round }, { item, gate, attempt, round, status }),
    async skipped(gates) {
      for (const { item, gate, why } of gates)
        await addFields({ item, gate, status: 'skipped', note: why }, null);
    },
    close: () => write(count === 0 ? `${opening}]}\n` : ']}\n'),
  };
}

/** A line of JSON for each line that is printed, as it comes, and for each attempt that ends. */
export function jsonLinesPrinter(runId: string, { write }: Output): Printer {
  const open = new Map<string, Lines>();
  const print = async ({ item, gate, attempt, round }: AttemptName, lines: readonly Buffer[]) => {
    if (lines.length === 0) return;
    const about = { event: 'output', runId, item, gate, attempt, round };
    await write(lines.map((line) => `${toJson({ ...about, line: line.toString('utf8') })}\n`).join(''));
  };
  const finish = async (of: AttemptName) => {
    await print(of, open.get(keyOf(of))?.rest() ?? []);
    open.delete(keyOf(of));
  };
  return {
    async output(of, bytes) {
      const lines = open.get(keyOf(of)) ?? createLines();
      open.set(keyOf(of), lines);
      await print(of, lines.push(bytes));
    },
    async end(attempt) {
      await finish(attempt);
      await write(`${toJson({ event: 'gate-end', runId, ...fieldsOf(attempt) })}\n`);
    },
    leave: finish,
    skipped: (gates) =>
      write(
        gates
          .map(({ item, gate, why }) => ({ event: 'gate-skipped', runId, item, gate, note: why }))
          .map((line) => `${toJson(line)}\n`)
          .join(''),
      ),
    async close() {},
  };
}

function fieldsOf({ startedAt, endedAt, ...attempt }: EndedAttempt) {
  const { item, gate, attempt: number, round, ...rest } = attempt;
  const times = { startedAt: iso(startedAt), endedAt: iso(endedAt) };
  return { item, gate, attempt: number, round, ...rest, ...times };
}

const iso = (ms: number) => new Date(ms).toISOString();

/** Safe to show on a terminal. */
const toJson = (value: unknown) => printable(JSON.stringify(value));
