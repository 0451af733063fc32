import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { CheckRequest } from './request-check';

/** By which rules find these events. */
export const CHECK_EVENT = { source: 'lex-pr', detailType: 'Check Requested' } as const;

/** Puts what is to be checked on a bus. @throws Error when the bus did not take it */
export async function publishCheck(
  client: EventBridgeClient,
  bus: string,
  request: CheckRequest,
): Promise<void> {
  const entry = {
    EventBusName: bus,
    Source: CHECK_EVENT.source,
    DetailType: CHECK_EVENT.detailType,
    Detail: JSON.stringify(request),
  };
  const { Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
  const { ErrorCode, ErrorMessage } = Entries?.[0] ?? {};
  if (ErrorCode !== undefined)
    throw new Error(`the event bus refused a check: ${ErrorCode}: ${ErrorMessage}`);
}
