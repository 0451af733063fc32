import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CACHE_TABLE } from '../performance/dynamodb-table';
import { RUN_TABLE } from '../run/dynamodb/table';
import { acknowledge } from './acknowledge';
import type { Settings } from './settings';

export type StorageProps = Pick<Settings, 'retention' | 'removalPolicy' | 'accessLogsBucket'>;

/** The state of runs, what operations came to, and files. */
export class Storage extends Construct {
  readonly runTable: Table;
  readonly cacheTable: Table;
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { retention, removalPolicy, accessLogsBucket }: StorageProps) {
    super(scope, id);
    this.runTable = this.table('RunTable', RUN_TABLE, removalPolicy);
    for (const { indexName, partitionKey, sortKey } of [RUN_TABLE.byTime, RUN_TABLE.open])
      this.runTable.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: partitionKey, type: AttributeType.STRING },
        sortKey: { name: sortKey, type: AttributeType.NUMBER },
      });
    this.cacheTable = this.table('CacheTable', CACHE_TABLE, removalPolicy);

    // Not versioned: every key is written once, or again with what follows from the same state.
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        { id: 'expire', expiration: retention, abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
      ...(accessLogsBucket && {
        serverAccessLogsBucket: accessLogsBucket,
        serverAccessLogsPrefix: 'lex-pr/',
      }),
    });
    if (!accessLogsBucket) {
      const reason = 'Where access logs go is for the account to say: the property accessLogsBucket.';
      acknowledge(this.bucket, 'S1', reason);
    }
  }

  private table(
    id: string,
    shape: { readonly partitionKey: string; readonly sortKey: string; readonly timeToLive: string },
    removalPolicy: RemovalPolicy,
  ): Table {
    return new Table(this, id, {
      partitionKey: { name: shape.partitionKey, type: AttributeType.STRING },
      sortKey: { name: shape.sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: shape.timeToLive,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
    });
  }
}
