import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignatureV4 } from '@smithy/signature-v4';

/** The hash that the signer asks for: SHA-256, with a key HMAC. */
class Sha256 {
  private readonly hash: Hash | Hmac;
  constructor(key?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.hash =
      key === undefined ? createHash('sha256') : createHmac('sha256', key as string | NodeJS.ArrayBufferView);
  }
  update(data: Uint8Array): void {
    this.hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {}
}

/**
 * Signs requests for an HTTP API with the credentials of the environment and passes them on, as the proxy does that
 * docs/monitoring.md names. The API's host is this machine, whatever its name resolves to.
 * @param api its URL
 * @returns where it listens on 127.0.0.1, and how it ends
 */
export async function signingProxy(api: string): Promise<{ url: string; close: () => Promise<void> }> {
  const { hostname, port, host } = new URL(api);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: process.env.AWS_REGION!,
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID!,
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY!,
    },
    sha256: Sha256,
  });
  const server: Server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = 'GET', url = '/' } = incoming;
    const { pathname, searchParams } = new URL(url, api);
    const given = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !/^(connection|transfer-encoding|content-length|expect)$/.test(name)
          ? [[name, value]]
          : [],
      ),
    );
    const { headers } = await signer.sign({
      ...{ method, protocol: 'http:', hostname, port: Number(port), path: pathname },
      query: Object.fromEntries(searchParams),
      headers: { ...given, host },
      body,
    });
    const passed = request(
      { host: '127.0.0.1', port, method, path: url, headers: { ...headers, 'content-length': body.length } },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on('error', () => response.destroy());
    passed.end(body);
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
