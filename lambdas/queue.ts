import { handlerOf } from '../lib/engine/aws/handler';
import { queueCall } from '../lib/engine/aws/protocol';
import { waitForTarget } from '../lib/engine/aws/run-queue';
import { runStores, tokens } from '../lib/engine/aws/services';
import { withToken } from '../lib/engine/aws/token-handler';

const services = { ...runStores(), tokens: tokens() };

/** `Queue`: lets a run in when its target is free. */
export const handler = handlerOf('queue', queueCall.parse, (call) =>
  withToken(services.tokens, call, () => waitForTarget(services, call)),
);
