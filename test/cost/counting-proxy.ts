import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Count, Counts } from './counts';

export interface CountingProxy {
  readonly url: string;
  forwardTo(url: string): void;
  /** What has been counted since the last time this was asked, by kind. */
  take(): ReadonlyMap<string, Count>;
  close(): Promise<void>;
}

/** Stands between functions and the emulator, and counts what AWS would bill. */
export async function startCountingProxy(): Promise<CountingProxy> {
  let emulator = '';
  let counts = new Counts();
  const server = createServer((incoming, response) => {
    pass(emulator, incoming, response, counts).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo(url) {
      emulator = url;
    },
    take() {
      const { kinds } = counts;
      counts = new Counts(counts.rows);
      return kinds;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The host stays what the caller has signed. */
async function pass(
  emulator: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  counts: Counts,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming;
  const body = await collect(incoming);
  const forwarded = request(new URL(url, emulator), { method, headers });
  forwarded.end(body);
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  const answered = await collect(answer);
  counts.add({ method, url, target: String(headers['x-amz-target'] ?? ''), body, answered });
  response.writeHead(answer.statusCode!, answer.headers);
  response.end(answered);
}

async function collect(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
