import { requireEnvironment } from '../lib/engine/aws/environment';
import { prepare } from '../lib/engine/aws/prepare-run';
import { type PrepareAnswer, prepareCall } from '../lib/engine/aws/protocol';
import { cache, repositories, storage } from '../lib/engine/aws/services';

const { MAX_WORKERS: maxWorkers } = requireEnvironment(['MAX_WORKERS']);
const services = { ...storage(), cache: cache(), maxWorkers, ...(await repositories()) };

/** `Prepare`: makes a run ready for its lanes. */
export async function handler(event: unknown): Promise<PrepareAnswer> {
  return prepare(services, prepareCall.parse(event));
}
