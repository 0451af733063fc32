import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CLIENT } from '../../lib/aws/client';

/** An error as the SDK takes it from the network or a service, by its name. */
export const awsError = (name: string, fields: object = {}) =>
  Object.assign(new Error(name), { name }, fields);

/** DynamoDB takes no request in. */
export const throttled = () => awsError('ProvisionedThroughputExceededException');
/** The answer of a request does not come. */
export const connectionLost = () => awsError('TimeoutError');

export interface Faults {
  /** Asked before each request; what it returns happens instead of the request. */
  readonly before?: (operation: string) => Error | undefined;
  /** Asked after each request was carried out; what it returns happens instead of its answer. */
  readonly after?: (operation: string) => Error | undefined;
}

/** A client for the emulator with faults between the two. */
export function flakyClient({ before, after }: Faults): DynamoDBClient {
  const client = new DynamoDBClient(CLIENT);
  const { requestHandler } = client.config;
  const handle = requestHandler.handle.bind(requestHandler);
  requestHandler.handle = async (request, options) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1]!;
    const early = before?.(operation);
    if (early !== undefined) throw early;
    const answer = await handle(request, options);
    const late = after?.(operation);
    if (late === undefined) return answer;
    answer.response.body?.resume?.();
    throw late;
  };
  return client;
}

/** A fault for the first `times` requests of an operation. */
export function first(times: number, operation: string, fault: () => Error) {
  let left = times;
  return (asked: string): Error | undefined => {
    if (asked !== operation || left === 0) return undefined;
    left -= 1;
    return fault();
  };
}
