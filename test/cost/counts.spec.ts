import { Counts, type Exchange } from './counts';
import { itemBytes, readUnits, writeUnits } from './units';

const row = (name: string, size = 1) => ({
  run: { S: 'r' },
  row: { S: name },
  body: { S: 'x'.repeat(size) },
});
const dynamo = (operation: string, asked: object, answered: object = {}): Exchange => ({
  method: 'POST',
  url: '/',
  target: `DynamoDB_20120810.${operation}`,
  body: Buffer.from(JSON.stringify(asked)),
  answered: Buffer.from(JSON.stringify(answered)),
});
const s3 = (method: string, path: string, body = ''): Exchange => ({
  method,
  url: `/bucket/${path}`,
  target: '',
  body: Buffer.from(body),
  answered: Buffer.from('answer'),
});
const counted = (...exchanges: Exchange[]) => {
  const counts = new Counts();
  for (const exchange of exchanges) counts.add(exchange);
  return Object.fromEntries(counts.kinds);
};

describe('units of DynamoDB', () => {
  it('go by names and values of a row', () => {
    const item = {
      name: { S: 'é' },
      n: { N: '-12345' },
      b: { B: Buffer.from('abc').toString('base64') as never },
    };
    expect(itemBytes({ ...item, yes: { BOOL: true } })).toBe(4 + 2 + (1 + 4) + (1 + 3) + (3 + 1));
  });

  it.each([
    [0, 1, 1],
    [1_024, 1, 1],
    [1_025, 1, 2],
    [4_096, 1, 4],
    [4_097, 2, 5],
  ])('of %d bytes are %d to read, %d to write', (bytes, reads, writes) => {
    expect([readUnits(bytes), writeUnits(bytes)]).toEqual([reads, writes]);
  });
});

describe('requests are counted', () => {
  it('twice a KB in a transaction, by what a commit writes', () => {
    const commit = [row('TURN#STATE', 2_000), row('EVENT#0000000002')].map((Item) => ({ Put: { Item } }));
    expect(counted(dynamo('TransactWriteItems', { TransactItems: commit }))).toMatchObject({
      'commit STATE': { requests: 1, writes: 4 },
      'commit EVENT': { requests: 1, writes: 2 },
    });
  });

  it('as often more as a row is in an index', () => {
    const Item = { ...row('RUN'), list: { S: 'RUN' }, open: { S: 'RUN' } };
    const end = { Update: { Key: { run: Item.run, row: Item.row } } };
    expect(counted(dynamo('PutItem', { Item })).table).toBeUndefined();
    expect(
      counted(dynamo('PutItem', { Item }), dynamo('TransactWriteItems', { TransactItems: [end] })),
    ).toEqual({
      'table RUN': { requests: 2, reads: 0, writes: 3 + 4, bytes: itemBytes(Item) },
    });
  });

  it('by what an update changes: the row as it was written', () => {
    const Item = row('TURN#LANE#0', 3_000);
    const update = dynamo('UpdateItem', { Key: { run: Item.run, row: Item.row } });
    expect(counted(dynamo('PutItem', { Item }), update)['table LANE']).toMatchObject({ writes: 6 });
  });

  it('once for all rows of a query, and half where it need not be consistent', () => {
    const rows = [row('TURN#LANE#0', 3_000), row('TURN#LANE#1', 3_000), row('TURN#STATE', 3_000)];
    const from = (name: string) => ({ ':from': { S: name } });
    const turn = { ConsistentRead: true, ExpressionAttributeValues: from('TURN#') };
    expect(
      counted(
        dynamo('Query', turn, { Items: rows }),
        dynamo('Query', { ExpressionAttributeValues: {} }, { Items: [] }),
        dynamo('GetItem', { Key: { namespace: { S: 'gate/1' }, key: { S: 'k' } } }, {}),
      ),
    ).toMatchObject({
      turns: { requests: 1, reads: 3 },
      'turn LANE': { requests: 2 },
      'turn STATE': { requests: 1 },
      'table index': { reads: 0.5 },
      'table cache': { reads: 1 },
    });
  });

  it('by the row of batches, those too that are not there', () => {
    const key = (k: string) => ({ namespace: { S: 'duration/2' }, key: { S: k } });
    const [large, small] = [{ ...key('a'), json: { S: 'x'.repeat(5_000) } }, key('b')];
    const asked = { RequestItems: { cache: { Keys: [key('a'), key('b'), key('c')] } } };
    const put = { RequestItems: { cache: [large, small].map((Item) => ({ PutRequest: { Item } })) } };
    expect(
      counted(
        dynamo('BatchGetItem', asked, { Responses: { cache: [large, small] } }),
        dynamo('BatchWriteItem', put),
      )['table cache'],
    ).toEqual({
      ...{ requests: 5, reads: (2 + 1 + 1) / 2, writes: 5 + 1 },
      bytes: 2 * (itemBytes(large) + itemBytes(small)),
    });
  });

  it('of S3 by the folder in a run', () => {
    expect(
      counted(
        s3('PUT', 'runs/r/jobs/1-0-1.json?signature', '12345'),
        s3('GET', 'runs/r/bundles/base.bundle'),
        s3('PUT', 'runs/r/bundles/candidates-0.bundle'),
        s3('PUT', 'runs/r/files/logs/a/test.log'),
        s3('PUT', 'runs/r/files/report.json'),
        s3('GET', '?list-type=2&prefix=runs/r/weave/'),
      ),
    ).toMatchObject({
      'put jobs': { requests: 1, bytes: 5 },
      'get base': { requests: 1 },
      'put candidates': { requests: 1 },
      'put logs': { requests: 1 },
      'put files': { requests: 1 },
      list: { requests: 1 },
    });
  });

  it('of CloudWatch, whichever protocol the SDK speaks', () => {
    const query = { ...s3('POST', ''), url: '/', body: Buffer.from('Action=PutMetricData&Version=1') };
    const cbor = { ...query, url: '/service/X/operation/PutMetricData', body: Buffer.from([0xa1]) };
    expect(counted(query, cbor)).toMatchObject({ metrics: { requests: 2 } });
  });

  it('and nothing else is', () => {
    expect(counted({ ...s3('POST', ''), url: '/', target: 'AWSStepFunctions.SendTaskSuccess' })).toEqual({});
  });
});
