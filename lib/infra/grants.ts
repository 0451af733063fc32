import { Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { StackShape } from '../cost/stack-shape';
import type { EnvironmentVariable } from '../engine/aws/environment';
import type { Toolchains } from '../engine/gate-key';
import { RUN_TABLE } from '../run/dynamodb/table';
import { acknowledgeWildcard } from './acknowledge';
import type { Api } from './api';
import type { Checks } from './checks';
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, type Grant } from './function-table';
import { executionsOf, type Machines } from './machines';
import type { RepositoryAccess } from './props';
import type { Storage } from './storage';

/** The namespace of all metrics in CloudWatch. */
export const METRICS_NAMESPACE = 'LexPr';

export interface GrantsProps {
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly storage: Storage;
  readonly machines: Machines;
  readonly api: Api;
  readonly checks: Checks;
  readonly access: RepositoryAccess | undefined;
  /** What gates run with; results are remembered for it alone. */
  readonly toolchains: Toolchains;
  readonly believeSharedPasses: boolean;
  readonly retentionDays: number;
  readonly maxWorkers: number;
  readonly shape: StackShape;
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
  // Transactions need the actions of their parts; nothing is ever deleted but by its expiry.
  runs(role, { storage: { runTable }, retentionDays, maxWorkers }) {
    const actions = ['GetItem', 'Query', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action}`);
    allow(role, actions, [runTable.tableArn]);
    return {
      RUN_TABLE: runTable.tableName,
      RETENTION_DAYS: String(retentionDays),
      MAX_WORKERS: String(maxWorkers),
    };
  },

  list(role, { storage: { runTable } }) {
    const indexes = [RUN_TABLE.byTime, RUN_TABLE.open].map(
      ({ indexName }) => `${runTable.tableArn}/index/${indexName}`,
    );
    allow(role, ['dynamodb:Query'], indexes);
    return {};
  },

  cache(role, { storage: { cacheTable }, toolchains, believeSharedPasses }) {
    const actions = ['GetItem', 'PutItem', 'DeleteItem'].map((action) => `dynamodb:${action}`);
    allow(role, actions, [cacheTable.tableArn]);
    return {
      CACHE_TABLE: cacheTable.tableName,
      TOOLCHAIN: toolchains.local,
      CONTAINER_TOOLCHAIN: toolchains.container,
      ...(believeSharedPasses && { BELIEVE_SHARED_PASSES: 'yes' }),
    };
  },

  durations(role, { storage: { cacheTable } }) {
    allow(role, ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'], [cacheTable.tableArn]);
    return { CACHE_TABLE: cacheTable.tableName };
  },

  bucket(role, { storage: { bucket } }) {
    const files = bucket.arnForObjects('runs/*');
    allow(role, ['s3:GetObject', 's3:PutObject'], [files]);
    // Also asked when a file is read that is not there, without a prefix then: else the answer is "denied".
    allow(role, ['s3:ListBucket'], [bucket.bucketArn], { StringLikeIfExists: { 's3:prefix': 'runs/*' } });
    acknowledgeWildcard(role, files, 'Files of runs, whose names are not known before.');
    return { BUCKET: bucket.bucketName };
  },

  secret(role, { access }): Variables {
    if (!access) return {};
    access.secret.grantRead(role);
    return { SECRET_ARN: access.secret.secretArn, REPOSITORY_SCOPE: access.repositories };
  },

  answerRuns: (role, { machines }) => allowAnswers(role, 'AnswerRuns', machines.run),
  answerLanes: (role, { machines }) => allowAnswers(role, 'AnswerLanes', machines.lane),

  startRuns(role, { machines: { run } }) {
    allow(role, ['states:StartExecution'], [run.stateMachineArn]);
    return { RUN_MACHINE_ARN: run.stateMachineArn };
  },

  describeRuns(role, { machines: { run } }) {
    const executions = executionsOf(run, ':*');
    allow(role, ['states:DescribeExecution'], [executions]);
    const reason = 'Executions of one state machine, whose names are not known before.';
    acknowledgeWildcard(role, executions, reason);
    return {};
  },

  stopLanes(role, { machines: { lane } }) {
    const executions = executionsOf(lane, ':*');
    allow(role, ['states:StopExecution'], [executions]);
    acknowledgeWildcard(
      role,
      executions,
      'Executions of one state machine, whose names are not known before.',
    );
    return { LANE_MACHINE_ARN: lane.stateMachineArn };
  },

  callMerge(role, { functions }) {
    allow(role, ['lambda:InvokeFunction'], [functions.merge.functionArn]);
    return { MERGE_FUNCTION: functions.merge.functionName };
  },

  cost: (_, { shape }) => ({ STACK_SHAPE: JSON.stringify(shape) }),

  askChecks(role, { api, checks: { bus } }) {
    allow(role, ['events:PutEvents'], [bus.eventBusArn]);
    return { CHECK_BUS: bus.eventBusName, API_URL: api.url };
  },

  metrics(role) {
    const namespace = { StringEquals: { 'cloudwatch:namespace': METRICS_NAMESPACE } };
    allow(role, ['cloudwatch:PutMetricData'], ['*'], namespace);
    acknowledgeWildcard(role, '*', 'Metrics have no resource; the condition names the namespace.');
    return { METRICS_NAMESPACE, STACK_NAME: Stack.of(role).stackName };
  },
};

/** Answers of tasks that wait for their token; in a policy apart, because a machine names functions it calls. */
function allowAnswers(role: Role, id: string, machine: StateMachine): Variables {
  const actions = ['states:SendTaskSuccess', 'states:SendTaskFailure'];
  const statements = [new PolicyStatement({ actions, resources: [machine.stateMachineArn] })];
  new Policy(role.node.scope!, `${role.node.id}${id}`, { roles: [role], statements });
  return {};
}

function allow(role: Role, actions: string[], resources: string[], conditions?: object): void {
  role.addToPolicy(
    new PolicyStatement({
      actions,
      resources,
      ...(conditions && { conditions: conditions as Record<string, unknown> }),
    }),
  );
}
