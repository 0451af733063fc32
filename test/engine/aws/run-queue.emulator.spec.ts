import { dynamoDb } from '../../../lib/aws/dynamodb';
import { waitForTarget } from '../../../lib/engine/aws/run-queue';
import { openDynamoRunStores } from '../../../lib/run/dynamodb/stores';
import { testTables } from '../../support/tables';

jest.setTimeout(60_000);
const tables = testTables();
const DAY = 86_400;

it('a run whose rows have expired does not hold its target', async () => {
  const clock = { seconds: 1_800_000_000 };
  const now = () => clock.seconds * 1000;
  const table = await tables.runs();
  const stores = openDynamoRunStores({ client: dynamoDb(), table, retentionSeconds: DAY, now });
  const answered: string[] = [];
  const tokens = { succeed: async (token: string) => void answered.push(token), fail: async () => {} };
  const come = async (id: string) => {
    await stores.index.submit({ id, target: 't', request: '{}', submittedAt: now() });
    await waitForTarget({ ...stores, tokens }, { run: id, token: `${id}-token` });
  };
  await come('r1');
  // The row of the line is written anew by who comes, and so stays.
  clock.seconds += DAY - 3600;
  await come('r2');
  clock.seconds += 2 * 3600;
  await come('r3');
  expect((await stores.queue.list('t')).map(({ run }) => run)).toEqual(['r2', 'r3']);
  expect(answered).toEqual(['r1-token', 'r2-token']);
});
