import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { EnvironmentVariable } from '../engine/aws/environment';
import { RUN_TABLE } from '../run/dynamodb/table';
import { acknowledgeWildcard } from './acknowledge';
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, type Grant } from './function-table';
import type { RepositoryAccess } from './merge-pyramid';
import type { Storage } from './storage';

/** The namespace of all metrics in CloudWatch. */
const METRICS_NAMESPACE = 'LexPr';

export interface GrantsProps {
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly storage: Storage;
  readonly runMachine: StateMachine;
  readonly access: RepositoryAccess | undefined;
  /** What gates run with; results are remembered for it alone. */
  readonly toolchain: string;
  readonly retentionDays: number;
  readonly maxWorkers: number;
}

/** Gives every function what its row of `FUNCTIONS` says, with the variables that name it, and nothing else. */
export function grantAll(props: GrantsProps): void {
  for (const name of FUNCTION_NAMES) {
    for (const grant of FUNCTIONS[name].grants) {
      const target = props.functions[name];
      const variables = give[grant](target.role as Role, props);
      for (const [variable, value] of Object.entries(variables)) target.addEnvironment(variable, value);
    }
  }
}

type Variables = Partial<Record<EnvironmentVariable, string>>;

/** Adds to the role, and tells what the function has to know. */
const give: Record<Grant, (role: Role, props: GrantsProps) => Variables> = {
  tables(role, { storage: { runTable, cacheTable }, retentionDays, maxWorkers }) {
    const rows = ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'];
    const actions = [...rows, 'BatchWriteItem', 'ConditionCheckItem'].map((action) => `dynamodb:${action}`);
    allow(role, actions, [runTable.tableArn, cacheTable.tableArn]);
    allow(role, ['dynamodb:Query'], [`${runTable.tableArn}/index/${RUN_TABLE.byTime.indexName}`]);
    return {
      RUN_TABLE: runTable.tableName,
      CACHE_TABLE: cacheTable.tableName,
      RETENTION_DAYS: String(retentionDays),
      MAX_WORKERS: String(maxWorkers),
    };
  },

  bucket(role, { storage: { bucket } }) {
    const files = bucket.arnForObjects('runs/*');
    allow(role, ['s3:GetObject', 's3:PutObject'], [files]);
    allow(role, ['s3:ListBucket'], [bucket.bucketArn], { StringLikeIfExists: { 's3:prefix': 'runs/*' } });
    acknowledgeWildcard(role, files, 'Files of runs, whose names are not known before.');
    return { BUCKET: bucket.bucketName };
  },

  tokens(role) {
    allow(role, ['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*']);
    acknowledgeWildcard(role, '*', 'A task token names its task; Step Functions takes no resource here.');
    return {};
  },

  start(role, { runMachine }) {
    allow(role, ['states:StartExecution'], [runMachine.stateMachineArn]);
    const executions = Stack.of(runMachine).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${runMachine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    allow(role, ['states:DescribeExecution'], [executions]);
    acknowledgeWildcard(
      role,
      executions,
      'Executions of one state machine, whose names are not known before.',
    );
    return { RUN_MACHINE_ARN: runMachine.stateMachineArn };
  },

  merge(role, { functions }) {
    allow(role, ['lambda:InvokeFunction'], [functions.merge.functionArn]);
    return { MERGE_FUNCTION: functions.merge.functionName };
  },

  secret(role, { access }): Variables {
    if (!access) return {};
    access.secret.grantRead(role);
    return { SECRET_ARN: access.secret.secretArn, REPOSITORY_SCOPE: access.repositories };
  },

  toolchain: (_, { toolchain }) => ({ TOOLCHAIN: toolchain }),

  metrics(role) {
    const namespace = { StringEquals: { 'cloudwatch:namespace': METRICS_NAMESPACE } };
    allow(role, ['cloudwatch:PutMetricData'], ['*'], namespace);
    acknowledgeWildcard(role, '*', 'Metrics have no resource; the condition names the namespace.');
    return { METRICS_NAMESPACE };
  },
};

function allow(role: Role, actions: string[], resources: string[], conditions?: object): void {
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions,
      resources,
      ...(conditions && { conditions: conditions as Record<string, unknown> }),
    }),
  );
}
