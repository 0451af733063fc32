import { InvokeCommand } from '@aws-sdk/client-lambda';
import { lambda } from '../../aws/lambda';
import { stepFunctions } from '../../aws/step-functions';
import type { ControlServices } from './control';
import { requireEnvironment } from './environment';
import { invokeStop } from './invoke-stop';
import { turnServices } from './services';
import { createStarter } from './sfn-starter';

/** What answers questions about runs, made of what the environment names. */
export function controlServices(): ControlServices {
  const { RUN_MACHINE_ARN, MERGE_FUNCTION } = requireEnvironment(['RUN_MACHINE_ARN', 'MERGE_FUNCTION']);
  return {
    ...turnServices(),
    starter: createStarter(stepFunctions(), RUN_MACHINE_ARN),
    stop: invokeStop((Payload) =>
      lambda().send(new InvokeCommand({ FunctionName: MERGE_FUNCTION, Payload })),
    ),
  };
}
