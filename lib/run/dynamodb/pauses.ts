import type { KeptPause, Pauses } from '../pauses';
import { ABSENT, NEVER, PRESENT, persist, Rows, type RunTable, STACK } from './rows';
import { packText, unpackText } from './text';

const ROW = 'PAUSES';

/** The pauses of a stack in one row with a version, which does not expire: what is paused stays so. */
export function openDynamoPauses(table: RunTable): Pauses {
  const rows = new Rows(table);

  async function readRow(): Promise<{ version: number; pauses: readonly KeptPause[] }> {
    const row = await rows.get(STACK, ROW);
    if (row === undefined) return { version: 0, pauses: [] };
    return { version: Number(row.version), pauses: JSON.parse(await unpackText(rows, row, 'pauses')) };
  }

  /** @returns whether nobody has changed them since they had this version */
  async function replace(version: number, pauses: readonly KeptPause[]): Promise<boolean> {
    const text = await packText(rows, STACK, 'pauses', JSON.stringify(pauses), NEVER);
    const condition =
      version === 0
        ? { expression: ABSENT }
        : { expression: `${PRESENT} AND #version = :version`, values: { version } };
    const row = { ...text, version: version + 1, expiresAt: NEVER };
    // As a transaction, so that a write whose answer was lost is not taken for that of somebody else.
    return (await rows.transact([{ Put: rows.putOf(STACK, ROW, row, condition) }])) === 'written';
  }

  return {
    read: async () => (await readRow()).pauses,
    change(to) {
      return persist('the pauses', async () => {
        const { version, pauses } = await readRow();
        const changed = to(pauses);
        return changed === pauses || (await replace(version, changed)) ? changed : undefined;
      });
    },
  };
}
