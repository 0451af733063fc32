import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CACHE_TABLE } from '../../lib/performance/dynamodb-table';
import { RUN_TABLE } from '../../lib/run/dynamodb/table';
import { logicalId, type Resource, resourcesOf, type Synthesised, synthesise } from './stack';

const made = synthesise();
const { template, pyramid, resource } = made;
const { runTable, cacheTable, bucket } = pyramid.storage;

describe.each([
  ['runs', resource(runTable), RUN_TABLE],
  ['remembered results', resource(cacheTable), CACHE_TABLE],
] as const)('the table of %s', (_, { Properties }, shape) => {
  it('has the keys that the code uses, and lets rows expire', () => {
    const keys = [
      { AttributeName: shape.partitionKey, KeyType: 'HASH' },
      { AttributeName: shape.sortKey, KeyType: 'RANGE' },
    ];
    expect(Properties.KeySchema).toEqual(keys);
    expect(Properties.TimeToLiveSpecification).toEqual({ AttributeName: shape.timeToLive, Enabled: true });
  });

  it('is paid for by request, can be restored to any point in time, and is not left unencrypted', () => {
    expect(Properties.BillingMode).toBe('PAY_PER_REQUEST');
    expect(Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
    // Always encrypted; named here only where the key is the account's.
    expect(Properties.SSESpecification?.SSEEnabled).not.toBe(false);
  });
});

it('all runs, and those that are open, can be listed by time', () => {
  const { byTime, open } = RUN_TABLE;
  expect(resource(runTable).Properties.GlobalSecondaryIndexes).toMatchObject(
    [byTime, open].map(({ indexName, partitionKey, sortKey }) => ({
      IndexName: indexName,
      KeySchema: [
        { AttributeName: partitionKey, KeyType: 'HASH' },
        { AttributeName: sortKey, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    })),
  );
  expect(resource(runTable).Properties.AttributeDefinitions).toContainEqual({
    AttributeName: byTime.sortKey,
    AttributeType: 'N',
  });
});

describe('the bucket', () => {
  it('is encrypted, and nothing of it can be made public', () => {
    const { PublicAccessBlockConfiguration, BucketEncryption, OwnershipControls } =
      resource(bucket).Properties;
    expect(Object.values(PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
    expect(OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  });

  it('answers over TLS 1.2 or later only', () => {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::S3::BucketPolicy') as [[string, Resource]];
    expect(Properties.Bucket).toEqual({ Ref: logicalId(bucket) });
    const denied = (Condition: object) =>
      expect.objectContaining({ Effect: 'Deny', Action: 's3:*', Condition });
    expect(Properties.PolicyDocument.Statement).toEqual(
      expect.arrayContaining([
        denied({ Bool: { 'aws:SecureTransport': 'false' } }),
        denied({ NumericLessThan: { 's3:TlsVersion': 1.2 } }),
      ]),
    );
  });

  it('keeps files as long as runs are kept, and what was never finished for a day', () => {
    const week = synthesise(() => ({ retention: Duration.days(7) }));
    const rules = ({ pyramid, resource }: Synthesised) =>
      resource(pyramid.storage.bucket).Properties.LifecycleConfiguration.Rules;
    const rule = (days: number) => ({
      Id: 'expire',
      Status: 'Enabled',
      ExpirationInDays: days,
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    });
    expect([rules(made), rules(week)]).toEqual([[rule(30)], [rule(7)]]);
    // Rows expire with the files.
    const { Variables } = week.resource(week.pyramid.functions.control).Properties.Environment;
    expect(Variables.RETENTION_DAYS).toBe('7');
  });

  it('logs accesses where it is told to', () => {
    const logs = synthesise((stack) => ({ accessLogsBucket: Bucket.fromBucketName(stack, 'Logs', 'logs') }));
    expect(resource(bucket).Properties.LoggingConfiguration).toBeUndefined();
    expect(logs.resource(logs.pyramid.storage.bucket).Properties.LoggingConfiguration).toEqual({
      DestinationBucketName: 'logs',
      LogFilePrefix: 'lex-pr/',
    });
  });
});

describe('what is stored', () => {
  const policies = ({ pyramid: { storage }, resource }: Synthesised) =>
    [storage.runTable, storage.cacheTable, storage.bucket]
      .map(resource)
      .map(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy]);

  it('stays when the stack goes', () => {
    expect(policies(made)).toEqual(new Array(3).fill(['Retain', 'Retain']));
    expect(resourcesOf(template, 'Custom::S3AutoDeleteObjects')).toEqual([]);
  });

  it('goes with it where that is asked for, and the bucket is emptied first', () => {
    const destroyed = synthesise(() => ({ removalPolicy: RemovalPolicy.DESTROY }));
    expect(policies(destroyed)).toEqual(new Array(3).fill(['Delete', 'Delete']));
    expect(resourcesOf(destroyed.template, 'Custom::S3AutoDeleteObjects')).toHaveLength(1);
  });
});
