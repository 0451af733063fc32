import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { Tokens } from './tokens';

/** What Step Functions says of a token for which nobody waits any more. */
const isStale = (error: unknown) =>
  error instanceof TaskTimedOut || error instanceof InvalidToken || error instanceof TaskDoesNotExist;

export function createTokens(client: SFNClient): Tokens {
  const ignoringStale = async (sending: Promise<unknown>) => {
    await sending.catch((error: unknown) => {
      if (!isStale(error)) throw error;
    });
  };
  return {
    succeed(taskToken, output) {
      const command = new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) });
      return ignoringStale(client.send(command));
    },
    fail(taskToken, error, cause) {
      // The limits of SendTaskFailure.
      const limited = { error: error.slice(0, 256), cause: cause.slice(0, 32_768) };
      return ignoringStale(client.send(new SendTaskFailureCommand({ taskToken, ...limited })));
    },
  };
}
