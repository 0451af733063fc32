import { runGateJob } from '../lib/engine/aws/gate-function';
import { openProcessHome } from '../lib/engine/aws/process-home';
import { type GateAnswer, gateCall } from '../lib/engine/aws/protocol';

const home = openProcessHome('/tmp/lex-pr/gates');

/** `Gate`: runs the gates of a job. */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<GateAnswer> {
  const { job } = gateCall.parse(event);
  return runGateJob(job, await home, () => context.getRemainingTimeInMillis());
}
