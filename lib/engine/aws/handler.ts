import { lazy } from '../../aws/client';
import { bind, createLogger, type Fields } from '../../telemetry/logger';
import { requireEnvironment } from './environment';
import { withLog } from './function-log';

/** What Lambda tells a function of a call. */
export interface CallContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** In characters: CloudWatch takes 256 KB, and nobody reads that. */
const LONGEST_LINE = 16_384;

const processLog = lazy(() =>
  createLogger({
    format: 'json',
    level: requireEnvironment(['LEX_PR_LOG_LEVEL']).LEX_PR_LOG_LEVEL,
    stream: process.stdout,
    colour: false,
    maxLength: LONGEST_LINE,
  }),
);

/**
 * A handler of Lambda. Each line that a call logs carries the function's name, the request id of AWS, and what the
 * call is about; what the call throws is logged before Lambda learns of it.
 * @param read the call from its event; what it throws is a fault as well
 */
export function handlerOf<Call, Answer>(
  name: string,
  read: (event: unknown) => Call,
  act: (call: Call, context: CallContext) => Promise<Answer>,
): (event: unknown, context: CallContext) => Promise<Answer> {
  return async (event, context) => {
    let logger = bind(processLog(), { function: name, requestId: context.awsRequestId });
    try {
      const call = read(event);
      logger = bind(logger, subjectOf(call));
      return await withLog(logger, () => act(call, context));
    } catch (error) {
      logger.error('fault', String(error), { error });
      throw error;
    }
  };
}

/** What a call says that it is about. */
export function subjectOf(call: unknown): Fields {
  const { run, cancel, generation, lane, turn } = call as Readonly<Record<string, unknown>>;
  return { run: run ?? cancel, generation, lane, turn };
}
