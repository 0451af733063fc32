import type { Bench, Row } from '../row';
import { atMost, shown } from '../row';
import { carry, type Used } from './run';
import { LIMITS } from './table';

const ITEMS = 10_000;
const LANES = 16;
const GATE_SECONDS = 1;
/** Many lanes, which all ask at once, and the items they share. */
const MANY = { items: 2_000, lanes: [40, 200] } as const;

/** Events of one execution; bytes between states; seconds of a call of `next` and of `gate` (AWS quotas). */
const QUOTAS = { events: 25_000, payload: 256 * 1024, next: 60, gate: 900 } as const;

/** 10,000 items as AWS would carry them, against what its services take. */
export const scale: Bench = {
  name: 'scale',
  about: `${ITEMS} items with gates of a second on ${LANES} lanes of the aws engine, in a time of its own: the state machine by its definition, the turns as the functions take them, the stores on a table in memory that refuses and counts as DynamoDB does.`,
  async measure(_, note) {
    note('one run, whose counters are the same each time');
    const rows = rowsOf(await carried(ITEMS, LANES));
    for (const lanes of MANY.lanes) {
      note(`${lanes} lanes`);
      rows.push(...rowsOfMany(lanes, await carried(MANY.items, lanes)));
    }
    return rows;
  },
};

async function carried(items: number, lanes: number): Promise<Used> {
  const used = await carry({ items, lanes, gateSeconds: GATE_SECONDS });
  if (used.merged !== items) throw new Error(`${used.merged} of ${items} items were merged`);
  return used;
}

const most = (bySecond: ReadonlyMap<number, number>) => Math.max(...bySecond.values());

/** What grows with the lanes, where each call looked at what all of them do. */
function rowsOfMany(lanes: number, { table, files, usage, ...used }: Used): Row[] {
  const name = (what: string) => `${what}, ${lanes} lanes`;
  const { writes, reads } = LIMITS;
  const [busiest, dynamo] = ['in its busiest second', 'DynamoDB'];
  return [
    atMost(name(`write units ${busiest}`), 'a second', [most(table.writesBySecond)], writes, dynamo),
    atMost(name(`read units ${busiest}`), 'a second', [most(table.readsBySecond)], reads, dynamo),
    atMost(name('longest call of next'), 's', [used.longestCall / 1000], QUOTAS.next, 'its time limit'),
    shown(name('jobs written for a turn of gates'), 'each', [files.puts / usage.turns.gate]),
    shown(name('read units a turn'), 'each', [table.readUnits / (usage.turns.gate + usage.turns.merge)]),
  ];
}

function rowsOf({ table, files, calls, ...used }: Used): Row[] {
  const { gates, turns } = used.usage;
  const working = turns.gate + turns.merge;
  return [
    atMost('transitions a gate', 'each', [used.transitions / gates], 1.3),
    atMost('transitions a turn, with those around the lanes', 'each', [used.transitions / working], 3.3),
    shown('gates a turn', 'each', [gates / turns.gate]),
    atMost(
      'largest row: the state, compressed',
      'KB',
      [table.largestRow / 1024],
      LIMITS.rowBytes / 1024,
      'DynamoDB',
    ),
    atMost('rows of a transaction', 'rows', [table.largestTransaction], LIMITS.transactionItems, 'DynamoDB'),
    atMost(
      'write units of the run in its busiest second',
      'a second',
      [most(table.writesBySecond)],
      LIMITS.writes,
      'DynamoDB',
    ),
    atMost(
      'read units of the run in its busiest second',
      'a second',
      [most(table.readsBySecond)],
      LIMITS.reads,
      'DynamoDB',
    ),
    atMost(
      'largest payload between states',
      'KB',
      [used.largestPayload / 1024],
      QUOTAS.payload / 1024,
      'Step Functions',
    ),
    atMost(
      'longest history of an execution',
      'events',
      [used.longestHistory],
      QUOTAS.events,
      'Step Functions',
    ),
    atMost('longest call of next', 's', [used.longestCall / 1000], QUOTAS.next, 'its time limit'),
    atMost('longest call of gate', 's', [used.longestGateCall / 1000], QUOTAS.gate, 'Lambda'),
    shown('requests to DynamoDB a turn', 'each', [table.requests / working]),
    shown('read units a turn', 'each', [table.readUnits / working]),
    shown('write units a turn', 'each', [table.writeUnits / working]),
    shown('bytes read a turn', 'KB', [table.readBytes / 1024 / working]),
    shown('bytes written a turn', 'KB', [table.writtenBytes / 1024 / working]),
    shown('requests to S3 a turn', 'each', [(files.puts + files.gets + files.others) / working]),
    shown('processor time of a call of next, the simulation included', 'ms', [used.cpuMs / calls]),
  ];
}
