import { type ApiEvent, answerOf, requestOf } from '../lib/api/event';
import { handle } from '../lib/api/handle';
import { controlServices } from '../lib/engine/aws/control-services';
import { handlerOf } from '../lib/engine/aws/handler';

const services = controlServices();

/** Requests of the HTTP API. */
export const handler = handlerOf(
  'api',
  (event) => requestOf(event as ApiEvent),
  async (request) => answerOf(await handle(services, request)),
);
