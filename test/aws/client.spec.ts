import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { answeringWithin, CLIENT } from '../../lib/aws/client';
import { cloudFormation } from '../../lib/aws/cloudformation';
import { cloudWatch } from '../../lib/aws/cloudwatch';
import { dynamoDb } from '../../lib/aws/dynamodb';
import { eventBridge } from '../../lib/aws/event-bridge';
import { lambda, lambdaOfLongCalls } from '../../lib/aws/lambda';
import { s3 } from '../../lib/aws/s3';
import { secretsManager } from '../../lib/aws/secrets-manager';
import { stepFunctions } from '../../lib/aws/step-functions';

it('a service that takes connections and never answers is asked over another one, and is a fault then', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new DynamoDBClient({
    ...{ ...CLIENT, ...answeringWithin(100), maxAttempts: 2, region: 'us-east-1' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  try {
    await expect(client.send(new ListTablesCommand())).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(sockets).toHaveLength(2);
  } finally {
    client.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

it.each([
  ['DynamoDB', dynamoDb, 10],
  ['Step Functions', stepFunctions, 10],
  ['CloudWatch', cloudWatch, 10],
  ['CloudFormation', cloudFormation, 10],
  ['EventBridge', eventBridge, 10],
  ['Secrets Manager', secretsManager, 10],
  ['S3, which copies files', s3, 30],
  // Longer than the functions live that it calls.
  ['Lambda, for control', lambda, 150],
  ['Lambda, for merge', lambdaOfLongCalls, 930],
])('%s is not waited for without an end', async (_, open, seconds) => {
  const client = open();
  const { configProvider } = client.config.requestHandler as unknown as { configProvider: Promise<object> };
  expect(await configProvider).toMatchObject({
    ...{ requestTimeout: seconds * 1000, socketTimeout: seconds * 1000, throwOnRequestTimeout: true },
    connectionTimeout: 5_000,
  });
  client.destroy();
});
