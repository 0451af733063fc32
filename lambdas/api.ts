import { type ApiAnswer, type ApiEvent, answerOf, requestOf } from '../lib/api/event';
import { handle } from '../lib/api/handle';
import { controlServices } from '../lib/engine/aws/control-services';

const services = controlServices();

/** Requests of the HTTP API. */
export async function handler(event: ApiEvent): Promise<ApiAnswer> {
  return answerOf(await handle(services, requestOf(event)));
}
