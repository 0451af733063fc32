import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { answeringWithin, CLIENT } from '../../aws/client';
import { refuse } from '../../errors';
import { DynamoDbStore } from '../../performance/dynamodb-store';
import { explainAwsError } from './aws-error';

/** The output of the stack that names its table of remembered operations. */
const OUTPUT = 'CacheTableName';

/** Nobody waits long for what can be done without. */
const HASTY = { ...CLIENT, maxAttempts: 2, ...answeringWithin(3_000) } as const;

/**
 * What a stack remembers, for other machines; region and credentials come from the environment.
 * @throws InputError or Fault when it cannot be found
 */
export async function openStackCache(stack: string): Promise<DynamoDbStore> {
  const cloudFormation = new CloudFormationClient(HASTY);
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
    const table = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
    if (table === undefined) throw refuse('not-a-lex-pr-stack', `stack ${stack} has no output ${OUTPUT}`);
    return new DynamoDbStore({ client: new DynamoDBClient(HASTY), table });
  } catch (error) {
    throw explainAwsError(error, stack);
  } finally {
    cloudFormation.destroy();
  }
}
