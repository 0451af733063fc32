import { stepFunctions } from '../lib/aws/step-functions';
import { requireEnvironment } from '../lib/engine/aws/environment';
import { executionEvent } from '../lib/engine/aws/execution-event';
import { handlerOf } from '../lib/engine/aws/handler';
import { reconcile } from '../lib/engine/aws/reconcile-run';
import { cache, mergeFunction, sendSamples, shape, storage, tokens } from '../lib/engine/aws/services';
import { createStarter } from '../lib/engine/aws/sfn-starter';

const { RUN_MACHINE_ARN } = requireEnvironment(['RUN_MACHINE_ARN']);
const starter = createStarter(stepFunctions(), RUN_MACHINE_ARN);
const services = {
  ...storage(),
  cache: cache(),
  tokens: tokens(),
  send: sendSamples,
  shape: shape(),
  starter,
  merge: mergeFunction().merge,
};

/** The end of an execution of the run machine that failed, timed out or was stopped (EventBridge). */
export const handler = handlerOf('reconcile', executionEvent, (failed) => reconcile(services, failed));
