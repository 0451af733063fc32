import { InvokeCommand } from '@aws-sdk/client-lambda';
import { lambda } from '../lib/aws/lambda';
import { stepFunctions } from '../lib/aws/step-functions';
import { answer } from '../lib/engine/aws/control-answer';
import type { ControlAnswer } from '../lib/engine/aws/control-protocol';
import { requireEnvironment } from '../lib/engine/aws/environment';
import { invokeStop } from '../lib/engine/aws/invoke-stop';
import { turnServices } from '../lib/engine/aws/services';
import { createStarter } from '../lib/engine/aws/sfn-starter';

const { RUN_MACHINE_ARN, MERGE_FUNCTION } = requireEnvironment(['RUN_MACHINE_ARN', 'MERGE_FUNCTION']);
const services = {
  ...turnServices(),
  starter: createStarter(stepFunctions(), RUN_MACHINE_ARN),
  stop: invokeStop((Payload) => lambda().send(new InvokeCommand({ FunctionName: MERGE_FUNCTION, Payload }))),
};

/** What the command line and the API ask. */
export async function handler(event: unknown): Promise<ControlAnswer<unknown>> {
  return answer(services, event);
}
