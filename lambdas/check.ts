import { eventBridge } from '../lib/aws/event-bridge';
import { requireEnvironment } from '../lib/engine/aws/environment';
import { publishCheck } from '../lib/engine/aws/event-bus';
import { handlerOf } from '../lib/engine/aws/handler';
import { checkCall } from '../lib/engine/aws/protocol';
import { requestCheck } from '../lib/engine/aws/request-check';
import { storage, tokens } from '../lib/engine/aws/services';
import { withToken } from '../lib/engine/aws/token-handler';

const { API_URL: apiUrl, CHECK_BUS } = requireEnvironment(['API_URL', 'CHECK_BUS']);
const services = {
  ...storage(),
  tokens: tokens(),
  apiUrl,
  publish: (request: Parameters<typeof publishCheck>[2]) => publishCheck(eventBridge(), CHECK_BUS, request),
};

/** `Check`: asks for a check that runs elsewhere; the token is answered by its callback. */
export const handler = handlerOf('check', checkCall.parse, (call) =>
  withToken(services.tokens, call, () => requestCheck(services, call)),
);
