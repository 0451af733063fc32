import { requireEnvironment } from '../lib/engine/aws/environment';
import { handlerOf } from '../lib/engine/aws/handler';
import { prepare } from '../lib/engine/aws/prepare-run';
import { prepareCall } from '../lib/engine/aws/protocol';
import { cache, repositories, storage } from '../lib/engine/aws/services';

const { MAX_WORKERS: maxWorkers } = requireEnvironment(['MAX_WORKERS']);
const services = { ...storage(), cache: cache(), maxWorkers, ...(await repositories()) };

/** `Prepare`: makes a run ready for its lanes. */
export const handler = handlerOf('prepare', prepareCall.parse, (call) => prepare(services, call));
