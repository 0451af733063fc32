import * as z from 'zod';
import type { Row } from '../../aws/attributes';
import { refuse } from '../../errors';
import type { RunIndex, SubmittedRun } from '../run-index';
import { ABSENT, LISTED, persist, Rows, type RunTable } from './rows';
import { ENDING, OPEN, RUN, updateRun } from './run-store';
import { packText, unpackText } from './text';

/** Bytes of each text of a run that are in its row, which the index by time repeats. */
const ROW_BYTES = 8_000;

/** The runs that were handed in, in rows `RUN`. A page may lack what the last seconds brought; `get` never does. */
export function openDynamoRunIndex(table: RunTable): RunIndex {
  const rows = new Rows(table);

  async function submitted(row: Row): Promise<SubmittedRun> {
    const refused = row.refusal ?? row.refusalPart;
    return {
      id: String(row.run),
      target: String(row.target),
      request: await unpackText(rows, row, 'request'),
      submittedAt: Number(row.submittedAt),
      generation: Number(row.generation),
      recoveries: Number(row.recoveries),
      endedAt: row.endedAt === undefined ? undefined : Number(row.endedAt),
      refusal: refused === undefined ? undefined : await unpackText(rows, row, 'refusal'),
    };
  }

  return {
    async submit({ id, target, request, submittedAt }) {
      const expiresAt = rows.expiry();
      const text = await packText(rows, id, 'request', request, expiresAt, ROW_BYTES);
      const counts = { generation: 1, recoveries: 0 };
      const place = { list: LISTED, open: LISTED, startedAt: submittedAt };
      const run = { ...text, ...counts, ...place, target, submittedAt, expiresAt };
      const Put = rows.putOf(id, RUN, run, { expression: ABSENT });
      return persist(`submitting run ${id}`, async () => {
        const outcome = await rows.transact([{ Put }]);
        return outcome === 'conflict' ? undefined : outcome === 'written';
      });
    },

    async get(id) {
      const row = await rows.get(id, RUN);
      return row !== undefined && isSubmitted(row) ? submitted(row) : undefined;
    },

    async page(limit, from) {
      const found: Row[] = [];
      let after = from === undefined ? undefined : decodeCursor(from);
      let more = true;
      while (found.length < limit && more) {
        const page = await rows.newest('byTime', limit - found.length, after);
        found.push(...page.rows.filter(isSubmitted));
        after = page.last;
        more = after !== undefined;
      }
      const next = more && after !== undefined ? encodeCursor(after) : undefined;
      return { runs: await Promise.all(found.map(submitted)), next };
    },

    async open() {
      const found: Row[] = [];
      let page: Awaited<ReturnType<Rows['newest']>> | undefined;
      do {
        page = await rows.newest('open', 50, page?.last);
        found.push(...page.rows.filter(isSubmitted));
      } while (page.last !== undefined);
      return Promise.all(found.map(submitted));
    },

    async advance(id, expected, recovery) {
      const update = 'SET #generation = :next, #recoveries = #recoveries + :recovered';
      const values = { expected, next: expected + 1, recovered: recovery ? 1 : 0 };
      return updateRun(rows, id, update, `#generation = :expected AND ${OPEN}`, values);
    },

    async refuse(id, refusal, endedAt) {
      const text = await packText(rows, id, 'refusal', refusal, rows.expiry(), ROW_BYTES);
      const sets = Object.keys(text).map((name) => `#${name} = :${name}`);
      const update = `SET ${sets.join(', ')}, ${ENDING.slice('SET '.length)}`;
      await updateRun(rows, id, update, OPEN, { ...text, endedAt });
    },
  };
}

/** A run can have been created without having been handed in. */
const isSubmitted = ({ submittedAt }: Row) => submittedAt !== undefined;

/** Where a page ended, as a text for callers to hand back. */
const encodeCursor = (last: Row) => Buffer.from(JSON.stringify(last)).toString('base64url');

const cursor = z.strictObject({
  // As far as the table takes them.
  run: z.string().min(1).max(500),
  row: z.literal(RUN),
  list: z.literal(LISTED),
  startedAt: z.int(),
});

/** @throws InputError when the text is none of ours */
function decodeCursor(text: string): Row {
  try {
    return cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw refuse(
      'bad-page',
      'there is no page of runs at this place',
      'take the place that the page before named',
    );
  }
}
