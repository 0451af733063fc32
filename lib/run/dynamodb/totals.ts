import type { Totals } from '../totals';
import { ABSENT, NEVER, PRESENT, persist, Rows, type RunTable, STACK } from './rows';
import { ENDING, OPEN, RUN, updateOf } from './run-store';
import { packText, unpackText } from './text';

const ROW = 'TOTALS';

/** The totals in one row with a version, changed in the transaction that ends a run. */
export function openDynamoTotals(table: RunTable): Totals {
  const rows = new Rows(table);

  const read: Totals['read'] = async () => {
    const row = await rows.get(STACK, ROW);
    if (row === undefined) return { version: 0, text: undefined };
    return { version: Number(row.version), text: await unpackText(rows, row, 'body') };
  };

  return {
    read,
    end(run, endedAt, add) {
      return persist(`ending run ${run}`, async () => {
        const [{ version, text }, there] = await Promise.all([read(), rows.get(run, RUN)]);
        if (there === undefined || there.endedAt !== undefined) return false;
        const body = await packText(rows, STACK, 'body', add(text), NEVER);
        const condition =
          version === 0
            ? { expression: ABSENT }
            : { expression: `${PRESENT} AND #version = :version`, values: { version } };
        const Put = rows.putOf(STACK, ROW, { ...body, version: version + 1, expiresAt: NEVER }, condition);
        const Update = updateOf(rows, run, ENDING, OPEN, { endedAt });
        // Refused: the run has ended meanwhile, or another one has.
        return (await rows.transact([{ Update }, { Put }])) === 'written' ? true : undefined;
      });
    },
  };
}
