// Stands between functions and the emulator, and fails calls as tests ask for.
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, request } from 'node:http';

/** Where tests put faults: POST with a document of `FaultProxy.fault`. */
export const FAULTS = '/_faults';

/**
 * A fault: of calls whose `x-amz-target` ends with `target` and whose body holds `body`, `times` are not let
 * through. They are answered with `status` and an error of the type `code`; with `kill` whoever calls is killed.
 * @returns {Promise<{ url: string, forwardTo: (url: string) => void, close: () => Promise<void> }>}
 */
export async function startFaultProxy() {
  let faults = [];
  let emulator = '';
  const server = createServer(async (incoming, response) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (incoming.url === FAULTS) {
      if (incoming.method === 'POST') faults.push({ ...JSON.parse(body), hits: 0 });
      response.end(JSON.stringify(faults));
      if (incoming.method === 'DELETE') faults = [];
      return;
    }
    const fault = faults.find((known) => concerns(known, incoming, body));
    if (fault !== undefined) {
      fault.hits += 1;
      const { status, code, kill } = fault;
      if (kill) {
        process.kill(callerOf(incoming.socket.remotePort), 'SIGKILL');
        response.destroy();
        return;
      }
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: code, message: 'a fault of the test' }));
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request(new URL(url, emulator), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    forwarded.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    forwardTo(url) {
      emulator = url;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const concerns = ({ target, body: part = '', times, hits }, { headers }, body) =>
  hits < times && (headers['x-amz-target'] ?? '').endsWith(target) && body.includes(part);

/** The process that has a TCP connection from this port of this machine (Linux). */
function callerOf(port) {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const connections = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  const inode = connections.find(([, address]) => address?.endsWith(local))?.[9];
  const has = (pid) => {
    try {
      const folder = `/proc/${pid}/fd`;
      return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === `socket:[${inode}]`);
    } catch {
      // It has ended, or closed one meanwhile.
      return false;
    }
  };
  const pid = readdirSync('/proc').find(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid && has(name),
  );
  if (pid === undefined) throw new Error(`no process has port ${port}`);
  return Number(pid);
}
