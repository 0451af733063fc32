import { handlerOf } from '../lib/engine/aws/handler';
import { nextCall } from '../lib/engine/aws/protocol';
import { turnServices } from '../lib/engine/aws/services';
import { withToken } from '../lib/engine/aws/token-handler';
import { takeTurn } from '../lib/engine/aws/turn';

const services = turnServices();

/** `Next`: a lane's turn. */
export const handler = handlerOf('next', nextCall.parse, async (call) => {
  await withToken(services.tokens, call, () => takeTurn(services, call));
  await services.flush();
});
