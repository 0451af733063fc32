import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGateJob } from '../lib/engine/aws/gate-function';
import { handlerOf } from '../lib/engine/aws/handler';
import { openProcessHome } from '../lib/engine/aws/process-home';
import { gateCall } from '../lib/engine/aws/protocol';
import { isSandboxed, openSandbox } from '../lib/engine/aws/sandbox';

const home = await openProcessHome(join(tmpdir(), 'lex-pr/gates'));
const sandbox = isSandboxed() ? openSandbox('/tmp') : undefined;

/** `Gate`: runs the gates of a job. */
export const handler = handlerOf('gate', gateCall.parse, async ({ job }, context) => {
  // Before, too: of a call that was ended at its time limit something may be left.
  const clear = async () => sandbox?.clear();
  await clear();
  try {
    return await runGateJob(job, home, { timeLeft: () => context.getRemainingTimeInMillis(), clear });
  } finally {
    await clear();
  }
});
