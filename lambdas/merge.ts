import { mergeForLane } from '../lib/engine/aws/merge-run';
import { mergeCall } from '../lib/engine/aws/protocol';
import { repositories, storage } from '../lib/engine/aws/services';
import { stopWithFence } from '../lib/engine/aws/stop-run';
import type { CancelAnswer } from '../lib/engine/cancel-run';

const services = storage();
const opened = repositories();

/** `Merge`: weaves or lands what a lane holds, or moves the fence for a cancel. */
export async function handler(event: unknown): Promise<CancelAnswer | null> {
  const call = mergeCall.parse(event);
  const all = { ...services, ...(await opened) };
  if ('cancel' in call) return stopWithFence(all, call.cancel, call.why);
  await mergeForLane(all, call);
  return null;
}
