import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What the server answers instead of the function. */
export type Failure =
  /** The service refuses the call, with a code of its own. */
  | { readonly status: number; readonly code: string; readonly message: string }
  /** The function threw. */
  | { readonly thrown: string };

export interface AwsApi {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * As much of CloudFormation (DescribeStacks, Query protocol) and Lambda (Invoke) as the command line needs, on
 * 127.0.0.1.
 * @param outputs of a stack; undefined where there is none of this name
 * @param invoke what the function answers; `{failure}` instead makes the call fail
 */
export async function serveAws(
  outputs: (stack: string) => Readonly<Record<string, string>> | undefined,
  invoke: (name: string, event: unknown) => Promise<unknown>,
): Promise<AwsApi> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url!)?.[1];
    if (name === undefined) {
      describe(response, outputs, new URLSearchParams(body));
      return;
    }
    const result = await invoke(decodeURIComponent(name), JSON.parse(body));
    const failure = (result as { failure?: Failure }).failure;
    if (failure === undefined) response.end(JSON.stringify(result));
    else if ('thrown' in failure)
      response
        .setHeader('x-amz-function-error', 'Unhandled')
        .end(JSON.stringify({ errorType: 'Error', errorMessage: failure.thrown }));
    else
      response
        .writeHead(failure.status, { 'x-amzn-errortype': failure.code })
        .end(JSON.stringify({ message: failure.message }));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function describe(
  response: ServerResponse,
  outputs: Parameters<typeof serveAws>[0],
  question: URLSearchParams,
): void {
  const stack = question.get('StackName') ?? '';
  const found = outputs(stack);
  response.setHeader('content-type', 'text/xml');
  if (found === undefined) {
    const message = `Stack with id ${stack} does not exist`;
    response
      .writeHead(400)
      .end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    return;
  }
  const members = Object.entries(found).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  response.end(
    `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${stack}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  );
}
