import type { Row } from '../../aws/attributes';
import type { Inbox, LaneRange, LaneResults, TurnId, TurnStore } from '../turn-store';
import { ABSENT, PRESENT, Rows, type RunTable } from './rows';
import { openDynamoRunStore, STATE } from './run-store';
import { packText, restoreNow, unpackText } from './text';

/**
 * Lanes take their turns through DynamoDB. Rows of a run, beside those of `run-store.ts`: inboxes
 * `TURN#LANE#n`, results `TURN#RESULT#n`, details `DETAIL#name`.
 */
export function openDynamoTurnStore(table: RunTable): TurnStore {
  const rows = new Rows(table);
  const packed = async (run: string, text: string) => {
    const expiresAt = rows.expiry();
    return { ...(await packText(rows, run, 'body', text, expiresAt)), expiresAt };
  };
  const unpacked = (row: Row) => unpackText(rows, row, 'body');
  const inbox = async (row: Row): Promise<Inbox> => {
    const body = await readLater<Pick<Inbox, 'results' | 'lost'>>(rows, row);
    return {
      ...callOf(row),
      call: String(row.call),
      by: String(row.by),
      parked: row.parked === undefined ? unanswered(row) : String(row.parked),
      get results() {
        return body().results;
      },
      get lost() {
        return body().lost;
      },
    };
  };

  const ofLanes = (run: string, kind: 'LANE' | 'RESULT', { from, to }: LaneRange) =>
    rows.range(run, laneRow(kind, from), laneRow(kind, to));
  /** One after the other, as one request for all of them reads. */
  const turnsOf = async (run: string, lanes: LaneRange) => {
    const inboxes = await ofLanes(run, 'LANE', lanes);
    const results = await ofLanes(run, 'RESULT', lanes);
    const state = await rows.get(run, STATE);
    return [...inboxes, ...results, ...(state ? [state] : [])];
  };

  return {
    ...openDynamoRunStore(rows),

    async putInbox(run, { call, by, ...inbox }) {
      const { results, lost } = inbox;
      const body = await packed(run, JSON.stringify({ results, lost }));
      const order = orderOf(inbox);
      // The same call may come twice: a request whose answer was lost is repeated.
      const condition = { expression: `${ABSENT} OR #order <= :order`, values: { order } };
      const row = { ...body, order, call, by };
      const replaced = await rows.replace(run, laneRow('LANE', inbox.lane), row, condition);
      if (replaced === 'refused') return 'late';
      return replaced?.order === order && replaced.by !== by ? 'again' : 'first';
    },

    async putResults(run, results) {
      const body = await packed(run, JSON.stringify(results));
      const order = orderOf({ ...results, attempt: 0 });
      const condition = { expression: `${ABSENT} OR #order < :order`, values: { order } };
      await rows.put(run, laneRow('RESULT', results.lane), { ...body, order }, condition);
    },

    async readTurns(run, lanes) {
      // DynamoDB reads in the order of the names: LANE, RESULT, STATE.
      const all = lanes ? await turnsOf(run, lanes) : await rows.range(run, 'TURN#', 'TURN#~');
      const named = (prefix: string) => all.filter(({ row }) => String(row).startsWith(prefix));
      const [state] = named(STATE);
      if (state === undefined) throw new Error(`unknown run ${run}`);
      const result = async (row: Row): Promise<LaneResults> => {
        const { attempt: _, ...call } = callOf(row);
        const body = await readLater<Pick<LaneResults, 'results'>>(rows, row);
        return {
          ...call,
          get results() {
            return body().results;
          },
        };
      };
      const [text, inboxes, results] = await Promise.all([
        unpacked(state),
        Promise.all(named('TURN#LANE#').map(inbox)),
        Promise.all(named('TURN#RESULT#').map(result)),
      ]);
      const { version, changedAt } = state;
      return { version: Number(version), state: text, changedAt: Number(changedAt), inboxes, results };
    },

    async readInboxes(run, lanes) {
      return Promise.all((await ofLanes(run, 'LANE', lanes)).map(inbox));
    },

    async setParked(run, call, parked) {
      const update = parked === undefined ? 'REMOVE #parked, #delivered' : 'SET #parked = :parked';
      const values = { order: orderOf(call), call: call.call, ...(parked && { parked }) };
      const isSame = `#order = :order AND (#call = :call OR attribute_not_exists(#call))`;
      const condition = { expression: `${PRESENT} AND ${isSame}`, values };
      return rows.update(run, laneRow('LANE', call.lane), update, condition);
    },

    async putDetail(run, name, text) {
      await rows.put(run, `DETAIL#${name}`, await packed(run, text), { expression: ABSENT });
    },

    async getDetail(run, name) {
      const row = await rows.get(run, `DETAIL#${name}`);
      return row && unpacked(row);
    },
  };
}

/** The token of a row of a version before, which did not say who was to answer, only that nobody had. */
const unanswered = ({ token, delivered }: Row) => (delivered === false ? String(token) : undefined);

const laneRow = (kind: 'LANE' | 'RESULT', lane: number) => `TURN#${kind}#${digits(lane)}`;

/** Sorts as calls do. */
const orderOf = ({ generation, turn, attempt }: Omit<TurnId, 'lane'>) =>
  [generation, attempt, turn].map(digits).join('.');

/** Which call a row of a lane is of. */
function callOf({ row, order }: Row): TurnId {
  const [generation, attempt, turn] = String(order).split('.').map(Number) as [number, number, number];
  return { lane: Number(String(row).split('#').at(-1)), generation, attempt, turn };
}

/**
 * What the body of a row holds, taken apart when it is first asked for: a turn reads the rows of all lanes, and needs
 * the bodies of those whose calls it takes in.
 */
async function readLater<T>(rows: Rows, row: Row): Promise<() => T> {
  const { body } = row;
  const text = body instanceof Uint8Array ? undefined : await unpackText(rows, row, 'body');
  let parsed: T | undefined;
  return () => {
    parsed ??= JSON.parse(text ?? restoreNow(body as Uint8Array)) as T;
    return parsed;
  };
}

const digits = (value: number) => String(value).padStart(16, '0');
