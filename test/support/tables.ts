import { randomUUID } from 'node:crypto';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DeleteTableCommand,
  type GlobalSecondaryIndex,
} from '@aws-sdk/client-dynamodb';
import { dynamoDb } from '../../lib/aws/dynamodb';
import { CACHE_TABLE } from '../../lib/performance/dynamodb-table';
import { RUN_TABLE } from '../../lib/run/dynamodb/table';

interface Keys {
  readonly partitionKey: string;
  readonly sortKey: string;
}

/** Tables on the emulator for the tests of a file, as the stack makes them; each is gone after its test. */
export function testTables() {
  const made: string[] = [];
  afterEach(async () => {
    for (const TableName of made.splice(0)) await dynamoDb().send(new DeleteTableCommand({ TableName }));
  });

  async function create(
    keys: Keys,
    GlobalSecondaryIndexes?: GlobalSecondaryIndex[],
    more: AttributeDefinition[] = [],
  ): Promise<string> {
    const TableName = `test-${randomUUID()}`;
    const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
    await dynamoDb().send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [attribute(keys.partitionKey), attribute(keys.sortKey), ...more],
        KeySchema: schema(keys),
        ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
      }),
    );
    made.push(TableName);
    return TableName;
  }

  return {
    runs: () => {
      const { byTime, open } = RUN_TABLE;
      const indexes = [byTime, open].map(({ indexName, ...keys }) => ({
        IndexName: indexName,
        KeySchema: schema(keys),
        Projection: { ProjectionType: 'ALL' as const },
      }));
      const attributes: AttributeDefinition[] = [
        { AttributeName: byTime.partitionKey, AttributeType: 'S' },
        { AttributeName: open.partitionKey, AttributeType: 'S' },
        { AttributeName: byTime.sortKey, AttributeType: 'N' },
      ];
      return create(RUN_TABLE, indexes, attributes);
    },
    cache: () => create(CACHE_TABLE),
  };
}

const schema = ({ partitionKey, sortKey }: Keys) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  { AttributeName: sortKey, KeyType: 'RANGE' as const },
];
