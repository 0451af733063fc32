import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { Rows } from '../../lib/run/dynamodb/rows';
import { openDynamoTurnStore } from '../../lib/run/dynamodb/turn-store';

/** A table of one's own answers; the emulator knows neither old answers nor faults. */
function tableOf(answer: (command: unknown) => object) {
  const asked: { readonly input: Readonly<Record<string, unknown>> }[] = [];
  const send = async (command: (typeof asked)[number]) => {
    asked.push(command);
    return answer(command);
  };
  const client = { send } as unknown as DynamoDBClient;
  return { table: { client, table: 't', retentionSeconds: 60 }, asked };
}

describe('the rows of runs', () => {
  it('are read as every write before has left them', async () => {
    const key = { run: { S: 'r' }, row: { S: 'b' } };
    const pages: object[] = [{ Items: [], LastEvaluatedKey: key }, {}];
    const { table, asked } = tableOf((command) => (command instanceof QueryCommand ? pages.shift()! : {}));
    const rows = new Rows(table);
    expect(await rows.get('r', 'a')).toBeUndefined();
    expect(await rows.range('r', 'a', 'z')).toEqual([]);
    expect(asked.map((command) => command instanceof GetItemCommand)).toEqual([true, false, false]);
    expect(asked.map(({ input }) => input.ConsistentRead)).toEqual([true, true, true]);
    expect(asked.map(({ input }) => input.ExclusiveStartKey)).toEqual([undefined, undefined, key]);
  });

  it('take no fault for a refusal: what a lane puts down is late only where a later call is there', async () => {
    const inbox = { lane: 0, generation: 1, turn: 1, attempt: 1, call: 'c', by: 'f', results: [], lost: '' };
    const put = (error: Error) =>
      openDynamoTurnStore(
        tableOf(() => {
          throw error;
        }).table,
      ).putInbox('r', inbox);
    await expect(put(new Error('no network'))).rejects.toThrow('no network');
    expect(await put(new ConditionalCheckFailedException({ message: '', $metadata: {} }))).toBe('late');
  });
});
