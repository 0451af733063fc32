import { reportCall } from '../lib/engine/aws/protocol';
import { reportRun } from '../lib/engine/aws/report-run';
import { sendSamples, storage, tokens } from '../lib/engine/aws/services';

const services = { ...storage(), tokens: tokens(), send: sendSamples };

/** `Report`: ends a run and lets the next one of its target in. */
export async function handler(event: unknown): Promise<void> {
  await reportRun(services, reportCall.parse(event));
}
