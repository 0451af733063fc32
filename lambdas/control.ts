import { answer } from '../lib/engine/aws/control-answer';
import { controlServices } from '../lib/engine/aws/control-services';
import { handlerOf } from '../lib/engine/aws/handler';

const services = controlServices();

/** What the command line asks. */
export const handler = handlerOf(
  'control',
  (event) => event,
  (event) => answer(services, event),
);
