import { nextCall } from '../lib/engine/aws/protocol';
import { turnServices } from '../lib/engine/aws/services';
import { withToken } from '../lib/engine/aws/token-handler';
import { takeTurn } from '../lib/engine/aws/turn';

const services = turnServices();

/** `Next`: a lane's turn. */
export async function handler(event: unknown): Promise<void> {
  const call = nextCall.parse(event);
  await withToken(services.tokens, call, () => takeTurn(services, call));
  await services.flush();
}
