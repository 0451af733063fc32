import { type Entry, entered, type TargetQueue } from '../target-queue';
import { ABSENT, PRESENT, persist, Rows, type RunTable } from './rows';
import { packText, unpackText } from './text';

const QUEUE = 'QUEUE';

/** The runs of each target in one row with a version: partition `TARGET#key`, row `QUEUE`. */
export function openDynamoTargetQueue(table: RunTable): TargetQueue {
  const rows = new Rows(table);

  async function read(target: string): Promise<{ version: number; entries: readonly Entry[] }> {
    const row = await rows.get(partition(target), QUEUE);
    if (row === undefined) return { version: 0, entries: [] };
    const entries = JSON.parse(await unpackText(rows, row, 'entries')) as Entry[];
    return {
      version: Number(row.version),
      entries: entries.map((entry) => ({ ...entry, token: entry.token })),
    };
  }

  /** @returns whether nobody has changed it since it had this version */
  async function replace(target: string, version: number, entries: readonly Entry[]): Promise<boolean> {
    const expiresAt = rows.expiry();
    const text = await packText(rows, partition(target), 'entries', JSON.stringify(entries), expiresAt);
    const condition =
      version === 0
        ? { expression: ABSENT }
        : { expression: `${PRESENT} AND #version = :version`, values: { version } };
    return rows.put(partition(target), QUEUE, { ...text, version: version + 1, expiresAt }, condition);
  }

  return {
    enter(target, run, token, urgent) {
      return persist(`the queue of ${target}`, async () => {
        const { version, entries: before } = await read(target);
        const { entries, first } = entered(before, run, token, urgent);
        return (await replace(target, version, entries)) ? first : undefined;
      });
    },

    // An empty line stays, and keeps counting its versions: of two lines, one version names one only.
    async leave(target, run) {
      const { head } = await persist(`the queue of ${target}`, async () => {
        const { version, entries } = await read(target);
        const rest = entries.filter((entry) => entry.run !== run);
        const isDone = rest.length === entries.length || (await replace(target, version, rest));
        return isDone ? { head: rest[0] } : undefined;
      });
      return head;
    },

    async list(target) {
      return (await read(target)).entries;
    },
  };
}

const partition = (target: string) => `TARGET#${target}`;
