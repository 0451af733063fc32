import type { GateAnswer } from '../../lib/engine/aws/protocol';
import { gateOf, type Host, jobFor, log, testHosts } from '../support/gate-jobs';
import { testFunctions } from '../support/runtime-api';

const host = testHosts();
const start = testFunctions();

/**
 * A gate that asks the process of its function for its inspector (SIGUSR1), to run code in it: from then on every
 * call of this warm function, of whichever run, would be the gate's.
 */
const TAKE_OVER = `
const { readFileSync } = require('node:fs');
const parentOf = (pid) => Number(/^\\d+ \\(.*\\) \\S (\\d+)/s.exec(readFileSync('/proc/' + pid + '/stat', 'latin1'))[1]);
const nameOf = (pid) => readFileSync('/proc/' + pid + '/cmdline', 'latin1');
let pid = process.ppid;
while (!/^[^\\0]*node\\0/.test(nameOf(pid))) pid = parentOf(pid);
process.kill(pid, 'SIGUSR1');
const run = (socket, expression) => new Promise((resolve) => {
  socket.onmessage = ({ data }) => resolve(JSON.parse(data).result.result.value);
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
});
(async () => {
  for (let tried = 0; tried < 20; tried += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [found] = await fetch('http://127.0.0.1:9229/json/list').then((r) => r.json()).catch(() => []);
    if (found === undefined) continue;
    const socket = new WebSocket(found.webSocketDebuggerUrl);
    await new Promise((resolve) => (socket.onopen = resolve));
    // Somebody else's, maybe.
    const isOurs = (await run(socket, 'process.pid')) === pid;
    if (isOurs) await run(socket, ${JSON.stringify(`(() => {
      const { fetch } = globalThis;
      globalThis.fetch = (url, options) => {
        if (!/invocation\\/.*\\/response/.test(String(url)) || !/"exitCode":3/.test(options.body)) return fetch(url, options);
        return fetch(url, { ...options, body: options.body.replace('"fail"', '"pass"').replace('"exitCode":3', '"exitCode":0') });
      };
    })()`)});
    socket.close();
    console.log(isOurs ? 'taken' : 'not ours');
    return;
  }
  console.log('no inspector');
})();
`;

const runWith = async (on: Host, command: string) => ({ job: await jobFor(on, [gateOf(command)]) });

it('a gate gets no code into the process of its function: the next gate fails by its own exit code', async () => {
  const on = await host();
  const gate = await start('gate');
  const attack = `cat >attack.cjs <<'END'\n${TAKE_OVER}\nEND\n'${process.execPath}' attack.cjs`;
  await gate.invoke<GateAnswer>(await runWith(on, attack));
  expect(String(on.blobs.files.get(log(0)))).toMatch(/^(no inspector|not ours)\n$/);
  const { results } = await gate.invoke<GateAnswer>(await runWith(on, 'exit 3'));
  expect(results).toMatchObject([{ outcome: 'fail', exitCode: 3 }]);
});
