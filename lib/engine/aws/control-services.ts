import { stepFunctions } from '../../aws/step-functions';
import type { ControlServices } from './control';
import { requireEnvironment } from './environment';
import { mergeFunction, turnServices } from './services';
import { createLaneStopper, createStarter } from './sfn-starter';

/** What answers questions about runs, made of what the environment names. */
export function controlServices(): ControlServices {
  const { RUN_MACHINE_ARN, LANE_MACHINE_ARN } = requireEnvironment(['RUN_MACHINE_ARN', 'LANE_MACHINE_ARN']);
  return {
    ...turnServices(),
    starter: createStarter(stepFunctions(), RUN_MACHINE_ARN),
    stopLane: createLaneStopper(stepFunctions(), LANE_MACHINE_ARN),
    stop: mergeFunction().stop,
  };
}
