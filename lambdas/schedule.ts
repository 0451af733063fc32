import { s3 } from '../lib/aws/s3';
import { stepFunctions } from '../lib/aws/step-functions';
import { requireEnvironment } from '../lib/engine/aws/environment';
import { fireSchedule } from '../lib/engine/aws/fire-schedule';
import { firingSchema } from '../lib/engine/aws/firing';
import { handlerOf } from '../lib/engine/aws/handler';
import { openS3Blobs } from '../lib/engine/aws/s3-blobs';
import { sendSamples, storage } from '../lib/engine/aws/services';
import { createStarter } from '../lib/engine/aws/sfn-starter';

const { RUN_MACHINE_ARN } = requireEnvironment(['RUN_MACHINE_ARN']);
const services = {
  ...storage(),
  starter: createStarter(stepFunctions(), RUN_MACHINE_ARN),
  send: sendSamples,
  readStored: (bucket: string, key: string) => openS3Blobs(s3(), bucket).get(key),
};

/** A schedule that is due (EventBridge Scheduler), or that somebody wants to be. */
export const handler = handlerOf('schedule', firingSchema.parse, (firing, { awsRequestId }) =>
  fireSchedule(services, firing, awsRequestId),
);
