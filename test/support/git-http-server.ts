import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname } from 'node:path';

/** Repositories of one folder, served over HTTP by `git http-backend`; anybody who has the token can push. */
export interface GitServer {
  /** Of a repository in the folder, by its name there. */
  readonly url: string;
  /** Method and path of each request so far. */
  readonly requests: string[];
  /** Answers requests from now on with this status instead; undefined: as usual. */
  failWith: number | undefined;
  close(): Promise<void>;
}

/**
 * @param repository path of a bare repository, or of a `.git` folder
 * @param token what Basic authentication has to bring as the password; undefined: nothing
 */
export async function serveRepository(repository: string, token?: string): Promise<GitServer> {
  const server = createServer();
  const served: { -readonly [K in keyof GitServer]: GitServer[K] } = {
    url: '',
    requests: [],
    failWith: undefined,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
  server.on('request', (request, response) => {
    served.requests.push(`${request.method} ${request.url}`);
    if (served.failWith !== undefined) {
      response.writeHead(served.failWith).end();
      return;
    }
    if (token !== undefined && passwordOf(request) !== token) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    backend(dirname(repository), request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  served.url = `http://127.0.0.1:${port}/${basename(repository)}`;
  return served;
}

function passwordOf({ headers }: IncomingMessage): string | undefined {
  const [, basic = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  return Buffer.from(basic, 'base64').toString().split(':')[1];
}

/** One request through CGI (RFC 3875): the header of the answer ends with an empty line. */
function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH!,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
      REQUEST_METHOD: request.method!,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: searchParams.toString(),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'tester',
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {});
  let head = Buffer.alloc(0);
  let sent = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (sent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const lines = head.toString('latin1', 0, end).split('\r\n');
    const fields = lines.map((line) => line.split(/: */, 2) as [string, string]);
    const status = fields.find(([name]) => name.toLowerCase() === 'status')?.[1];
    for (const [name, value] of fields) if (name.toLowerCase() !== 'status') response.setHeader(name, value);
    response.writeHead(Number.parseInt(status ?? '200', 10));
    sent = true;
    response.write(head.subarray(end + 4));
  });
  child.on('close', () => response.end());
  child.on('error', () => response.destroy());
}
