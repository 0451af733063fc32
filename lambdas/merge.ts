import { handlerOf } from '../lib/engine/aws/handler';
import { mergeForLane } from '../lib/engine/aws/merge-run';
import { mergeCall } from '../lib/engine/aws/protocol';
import { repositories, storage } from '../lib/engine/aws/services';
import { stopWithFence } from '../lib/engine/aws/stop-run';

const services = { ...storage(), ...(await repositories()) };

/** `Merge`: weaves or lands what a lane holds, or moves the fence for a cancel. */
export const handler = handlerOf('merge', mergeCall.parse, async (call) => {
  if ('cancel' in call) return stopWithFence(services, call.cancel, call.why);
  await mergeForLane(services, call);
  return null;
});
