import { answer } from '../lib/engine/aws/control-answer';
import type { ControlAnswer } from '../lib/engine/aws/control-protocol';
import { controlServices } from '../lib/engine/aws/control-services';

const services = controlServices();

/** What the command line asks. */
export async function handler(event: unknown): Promise<ControlAnswer<unknown>> {
  return answer(services, event);
}
