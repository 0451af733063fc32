import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Blobs } from '../../lib/engine/aws/blobs';

export interface MemoryBlobs extends Blobs {
  /** What is stored, by key. */
  readonly files: Map<string, Buffer>;
}

/** Bytes of a key, as in S3. */
const MAX_KEY = 1_024;

/**
 * Files in memory for the tests of a file, with URLs and forms that a server on 127.0.0.1 really takes, and turns
 * away as S3 does when they are changed, expired or used for something else. Each is closed after its test.
 */
export function testBlobs() {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  return async (now: () => number = Date.now): Promise<MemoryBlobs> => {
    const files = new Map<string, Buffer>();
    const secret = randomBytes(16);
    const sign = (what: string) => createHmac('sha256', secret).update(what).digest('hex');
    const server = createServer((request, response) => {
      answer(request, { files, sign, now }).then(
        ({ status, body }) => response.writeHead(status).end(body),
        (error: unknown) => refuse(response, error),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = (method: string, key: string, seconds: number) => {
      const path = `/${key.split('/').map(encodeURIComponent).join('/')}`;
      const until = String(now() + seconds * 1000);
      const signature = sign(JSON.stringify([method, key, until]));
      return `${origin}${path}?${new URLSearchParams({ method, until, signature })}`;
    };
    return {
      files,
      async put(key, body) {
        files.set(key, Buffer.from(body));
      },
      async get(key) {
        return files.get(key);
      },
      async list(prefix) {
        return [...files.keys()].filter((key) => key.startsWith(prefix)).sort();
      },
      async copy(from, to) {
        const file = files.get(from);
        if (file === undefined || Buffer.byteLength(to) > MAX_KEY) return false;
        files.set(to, file);
        return true;
      },
      async readUrl(key, seconds) {
        return url('GET', key, seconds);
      },
      async writeUrl(key, seconds) {
        return url('PUT', key, seconds);
      },
      async writeForm(prefix, seconds, maxBytes) {
        const policy = JSON.stringify({ prefix, maxBytes, until: now() + seconds * 1000 });
        return {
          url: `${origin}/`,
          fields: { key: `${prefix}\${filename}`, policy, signature: sign(policy) },
        };
      },
    };
  };
}

interface Shelf {
  readonly files: Map<string, Buffer>;
  readonly sign: (what: string) => string;
  readonly now: () => number;
}

/** A request turned away, with the status and code that S3 answers. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, code } = error instanceof Refusal ? error : new Refusal(500, 'InternalError');
  response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
}

async function answer(request: IncomingMessage, shelf: Shelf) {
  const body = await buffer(request);
  return request.method === 'POST' ? takeForm(request, body, shelf) : takeUrl(request, body, shelf);
}

function takeUrl(request: IncomingMessage, body: Buffer, { files, sign, now }: Shelf) {
  const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
  const key = decodeURIComponent(pathname.slice(1));
  const until = searchParams.get('until')!;
  const isSigned = sign(JSON.stringify([request.method, key, until])) === searchParams.get('signature');
  if (!isSigned || now() >= Number(until)) throw new Refusal(403, 'AccessDenied');
  if (request.method === 'PUT') {
    files.set(key, body);
    return { status: 200, body: undefined };
  }
  const file = files.get(key);
  if (file === undefined) throw new Refusal(404, 'NoSuchKey');
  return { status: 200, body: file };
}

async function takeForm(request: IncomingMessage, body: Buffer, { files, sign, now }: Shelf) {
  const headers = { 'content-type': request.headers['content-type']! };
  const fields = new Map<string, string>();
  let file: File | undefined;
  for (const [name, value] of await new Response(new Uint8Array(body), { headers }).formData()) {
    if (typeof value === 'string') fields.set(name, value);
    else file = value;
    // What follows the file is ignored (S3, "POST Object").
    if (file !== undefined) break;
  }
  const policy = fields.get('policy') ?? '';
  if (file === undefined) throw new Refusal(400, 'InvalidArgument');
  const key = (fields.get('key') ?? '').replaceAll('\u0024{filename}', file.name);
  if (Buffer.byteLength(key) > MAX_KEY) throw new Refusal(400, 'KeyTooLongError');
  if (sign(policy) !== fields.get('signature')) throw new Refusal(403, 'SignatureDoesNotMatch');
  const { prefix, maxBytes, until } = JSON.parse(policy);
  if (now() >= until || !key.startsWith(prefix)) throw new Refusal(403, 'AccessDenied');
  if (file.size > maxBytes) throw new Refusal(400, 'EntityTooLarge');
  files.set(key, Buffer.from(await file.arrayBuffer()));
  return { status: 204, body: undefined };
}
