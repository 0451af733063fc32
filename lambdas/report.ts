import { handlerOf } from '../lib/engine/aws/handler';
import { reportCall } from '../lib/engine/aws/protocol';
import { reportRun } from '../lib/engine/aws/report-run';
import { cache, sendSamples, shape, storage, tokens } from '../lib/engine/aws/services';

const services = { ...storage(), cache: cache(), tokens: tokens(), send: sendSamples, shape: shape() };

/** `Report`: ends a run and lets the next one of its target in. */
export const handler = handlerOf('report', reportCall.parse, (call) => reportRun(services, call));
