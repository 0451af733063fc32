import type { Row } from '../../aws/attributes';
import type { Callback } from '../../callbacks/callback';
import type { Order, WaiterStore } from '../../callbacks/store';
import { ABSENT, PRESENT, Rows, type RunTable } from './rows';
import { packText, unpackText } from './text';

/**
 * Callbacks of runs: rows `CALLBACK#place` with what never changes, whether the check was requested, and the end;
 * rows `WAITER#place` with who waits.
 */
export function openDynamoCallbacks(table: RunTable): WaiterStore {
  const rows = new Rows(table);

  const get: WaiterStore['get'] = async (run, place) => {
    const row = await rows.get(run, callbackRow(place));
    return row && callbackOf(rows, row);
  };
  /** Changes the callback, if it is the one that is meant and the condition holds. */
  const update = (run: string, place: string, change: string, condition: string, values: Row) =>
    rows.update(run, callbackRow(place), change, {
      expression: `${PRESENT} AND #id = :id${condition}`,
      values,
    });

  return {
    async put(run, place, { end, requested, ...made }, over) {
      const row = { id: made.id, made: JSON.stringify(made), requested, ...(await packEnd(run, end)) };
      const condition =
        over === undefined
          ? { expression: ABSENT }
          : { expression: `${ABSENT} OR #id = :over`, values: { over } };
      await rows.put(run, callbackRow(place), row, condition);
      const there = await get(run, place);
      if (there === undefined) throw new Error(`the table has lost a callback of run ${run}`);
      return there;
    },

    get,

    async markRequested(run, place, id) {
      await update(run, place, 'SET #requested = :yes', '', { id, yes: true });
    },

    async end(run, place, id, end) {
      const packed = await packEnd(run, end);
      const sets = Object.keys(packed).map((name) => `#${name} = :${name}`);
      const change = `SET ${sets.join(', ')}`;
      await update(run, place, change, ' AND attribute_not_exists(#ended)', { id, ...packed });
      const there = await get(run, place);
      return there?.id === id ? there : undefined;
    },

    async attach(run, place, { token, since }, order) {
      const condition = `${ABSENT} OR #order <= :order`;
      const row = { token, since, order: digits(order) };
      await rows.put(run, waiterRow(place), row, { expression: condition, values: { order: row.order } });
    },

    async waiter(run, place) {
      const row = await rows.get(run, waiterRow(place));
      return row && { token: String(row.token), since: Number(row.since) };
    },
  };

  /** The end as attributes: nothing where there is none. A log may be too long for a row. */
  async function packEnd(run: string, end: Callback['end']): Promise<Row> {
    if (end === undefined) return {};
    return { ended: true, ...(await packText(rows, run, 'end', JSON.stringify(end), rows.expiry())) };
  }
}

async function callbackOf(rows: Rows, row: Row): Promise<Callback> {
  const end = row.ended === true ? JSON.parse(await unpackText(rows, row, 'end')) : undefined;
  return { ...JSON.parse(String(row.made)), requested: row.requested === true, end };
}

const callbackRow = (place: string) => `CALLBACK#${place}`;
const waiterRow = (place: string) => `WAITER#${place}`;

/** Sorts as those who wait came. */
const digits = (order: Order) => order.map((part) => String(part).padStart(16, '0')).join('.');
