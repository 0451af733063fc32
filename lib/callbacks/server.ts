import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HttpRequest, type HttpResponse, refusal } from '../api/http';
import { MAX_ANSWER_BYTES } from './answer';
import { tooLarge } from './judge';
import { asResponse } from './receive';

export interface CallbackServer {
  readonly port: number;
  /** From now on nobody is listened to; connections are cut. */
  close(): Promise<void>;
}

/** @returns what a request to `/callbacks/{id}` is answered with */
export type Receive = (id: string, request: HttpRequest) => Promise<HttpResponse>;

/**
 * Listens on 127.0.0.1 for answers of checks.
 * @param port 0 for any that is free
 * @throws the system's error where it cannot listen there (`EADDRINUSE`)
 */
export async function openCallbackServer(port: number, receive: Receive): Promise<CallbackServer> {
  const { createServer } = await import('node:http');
  const replying = new Set<Promise<void>>();
  const server = createServer((incoming, outgoing) => {
    void respond(incoming, outgoing, receive, (reply) => {
      replying.add(reply);
      void reply.finally(() => replying.delete(reply));
    });
  });
  await listen(server, port);
  // A run is not kept going by it.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      // Who has answered in full is told what became of it.
      await Promise.all(replying);
      server.closeAllConnections();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** @param onReply told of the reply once the request is there in full */
async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  receive: Receive,
  onReply: (reply: Promise<void>) => void,
): Promise<void> {
  const body = await readBody(incoming).catch(() => undefined);
  // It was cut off.
  if (body === undefined) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  onReply(promise);
  outgoing.on('close', resolve);
  const { status, headers, body: text } = await answer(incoming, body, receive);
  outgoing.writeHead(status, { ...headers, connection: 'close' });
  outgoing.end(text, resolve);
}

async function answer(
  { url = '', method = '', headers }: IncomingMessage,
  body: string | typeof TOO_LARGE,
  receive: Receive,
): Promise<HttpResponse> {
  const [path = ''] = url.split('?');
  const id = /^\/callbacks\/([^/]+)$/.exec(path)?.[1];
  if (id === undefined) return refusal(404, [{ code: 'not-found', message: 'there is nothing here' }]);
  if (body === TOO_LARGE) return asResponse(tooLarge);
  const given = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const request = { method, path, query: {}, headers: Object.fromEntries(given), body, caller: undefined };
  return receive(id, request).catch(() =>
    refusal(500, [{ code: 'fault', message: 'a fault; answer again in a while' }]),
  );
}

const TOO_LARGE = Symbol('too large');
/** Read and thrown away of what is too large, so that whoever sends it comes to read the reply. */
const MAX_READ = 16 * MAX_ANSWER_BYTES;

async function readBody(incoming: IncomingMessage): Promise<string | typeof TOO_LARGE> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk as Buffer);
    if (bytes > MAX_READ) break;
  }
  return bytes > MAX_ANSWER_BYTES ? TOO_LARGE : Buffer.concat(chunks).toString('utf8');
}
