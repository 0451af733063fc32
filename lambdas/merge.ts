import { mergeForLane } from '../lib/engine/aws/merge-run';
import { mergeCall } from '../lib/engine/aws/protocol';
import { repositories, storage } from '../lib/engine/aws/services';
import { stopWithFence } from '../lib/engine/aws/stop-run';
import type { CancelAnswer } from '../lib/engine/cancel-run';

const services = { ...storage(), ...(await repositories()) };

/** `Merge`: weaves or lands what a lane holds, or moves the fence for a cancel. */
export async function handler(event: unknown): Promise<CancelAnswer | null> {
  const call = mergeCall.parse(event);
  if ('cancel' in call) return stopWithFence(services, call.cancel, call.why);
  await mergeForLane(services, call);
  return null;
}
