import { readdirSync } from 'node:fs';
import type { GateAnswer, GateReturn } from '../../lib/engine/aws/protocol';
import type { Gate } from '../../lib/plan/plan';
import { isRunning, until } from '../gates/workspace';
import { artifacts, gateOf, type Host, jobFor, log, testHosts } from '../support/gate-jobs';
import { canIsolate, type RunningFunction, testFunctions } from '../support/runtime-api';

const host = testHosts();
const start = testFunctions();

/** Has the function run one gate. */
async function run(on: Host, gate: RunningFunction, command: string, more: Partial<Gate> = {}) {
  const { results } = await gate.invoke<GateAnswer>({ job: await jobFor(on, [gateOf(command, more)]) });
  return { result: results[0] as GateReturn, text: String(on.blobs.files.get(log(0))) };
}

describe('the image of the gate function', () => {
  it('runs the gates of a job up to the first that fails, with their logs and artifacts where the job says', async () => {
    const on = await host();
    const gate = await start('gate');
    const gates = [
      gateOf('cat src/a README | tee made', { artifacts: ['made'] }),
      gateOf('echo no >&2; exit 3'),
      gateOf('true'),
    ];
    const { results } = await gate.invoke<GateAnswer>({ job: await jobFor(on, gates) });
    expect(results).toMatchObject([
      { task: 0, attempt: 1, outcome: 'pass', exitCode: 0, logged: true, artifacts: ['made'] },
      { task: 1, attempt: 1, outcome: 'fail', exitCode: 3, logged: true, artifacts: [] },
    ]);
    const { files } = on.blobs;
    expect([0, 1].map((task) => String(files.get(log(task))))).toEqual(['a\nbase\n', 'no\n']);
    expect(files.has(log(2))).toBe(false);
    expect(String(files.get(`${artifacts(0)}made`))).toBe('a\nbase\n');
  });

  it('ends a gate before the deadline that Lambda tells it, early enough for the log to be stored', async () => {
    const on = await host();
    const gate = await start('gate');
    const job = await jobFor(on, [gateOf('echo begun; sleep 600', { timeoutSeconds: 600 })]);
    // Half a minute is kept for storing, the rest is for the gate.
    const { results } = await gate.invoke<GateAnswer>({ job }, 38_000);
    expect(results).toMatchObject([
      { outcome: 'timeout', logged: true, note: expect.stringMatching(/^timed out after [1-8] s$/) },
    ]);
    expect(String(on.blobs.files.get(log(0)))).toBe('begun\n');
  });

  it('begins no gate that the deadline leaves no time for', async () => {
    const on = await host();
    const gate = await start('gate');
    const job = await jobFor(on, [gateOf('true')]);
    await expect(gate.invoke({ job }, 30_000)).rejects.toMatchObject({
      when: 'invocation',
      errorType: 'Error',
      message: 'the function has no time left for this gate',
    });
    expect(on.blobs.files.has(log(0))).toBe(false);
  });

  it('answers a call that is none with an error that says so, and goes on', async () => {
    const on = await host();
    const gate = await start('gate');
    const error = { when: 'invocation', errorType: 'ZodError', message: expect.stringContaining('"job"') };
    for (const event of [{}, { job: 5 }, null]) await expect(gate.invoke(event)).rejects.toBeDefined();
    await expect(gate.invoke({})).rejects.toMatchObject(error);
    expect((await run(on, gate, 'cat src/a')).text).toBe('a\n');
  });

  it('answers with the cause, its place in the sources, and no URL where a job cannot be read', async () => {
    const { blobs } = await host();
    const gate = await start('gate');
    const job = await blobs.readUrl('runs/r1/jobs/none', 60);
    const error = await gate.invoke({ job }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ when: 'invocation', message: 'cannot read the job: 404 NoSuchKey' });
    const text = (error as { trace: string[] }).trace.join('\n');
    expect(text).toContain('transfer.ts');
    expect(text).not.toContain(new URL(job).host);
  });

  it('shows a gate nothing of Lambda and AWS', async () => {
    const on = await host();
    const gate = await start('gate');
    const { text } = await run(on, gate, 'env', { env: { MINE: 'yes' } });
    expect(text).toContain('LEX_PR=1');
    expect(text).toContain('MINE=yes');
    expect(text).not.toMatch(/^\w*(AWS|AMZN|LAMBDA|HANDLER|NODE)\w*=/m);
    expect(text).not.toContain('s3cret');
  });

  it('starts nothing but git and mkfifo, and what the gate itself starts', async () => {
    const on = await host();
    const gate = await start('gate', { programs: ['git', 'mkfifo'] });
    const { result, text } = await run(on, gate, 'read -r line <src/a; echo "$line"', {
      artifacts: ['src/*'],
    });
    expect(result).toMatchObject({ outcome: 'pass', artifacts: ['src/a'] });
    expect(text).toBe('a\n');
  });

  it('leaves nothing of a call for the next one: no file, no process', async () => {
    const on = await host();
    const gate = await start('gate');
    const stray = `setsid sh -c 'echo $$ >"$HOME/pid"; exec sleep 600' & until [ -s "$HOME/pid" ]; do sleep 0.05; done`;
    const leave = `${stray}; cat "$HOME/pid"; find "$HOME/../.." -type d -exec touch {}/left \\; 2>/dev/null; exit 3`;
    const first = await run(on, gate, leave);
    expect(first.result.outcome).toBe('fail');
    await until(() => !isRunning(Number(first.text)));
    expect(readdirSync(gate.temporary, { recursive: true }).sort()).toEqual(['lex-pr', 'lex-pr/gates']);
    const second = await run(on, gate, 'cat src/a; find "$HOME/../.." -name left');
    expect(second.text).toBe('a\n');
  });
});

// Lambda's machine: the function is a child of the first process, and only /tmp can be written to.
const onItsOwn = canIsolate() ? describe : describe.skip;
onItsOwn('the image of the gate function, alone on its machine', () => {
  it('writes to /tmp only, and leaves nothing of a call there or among the processes', async () => {
    const on = await host();
    const gate = await start('gate', { isolated: true });
    // Nothing tells that it is the gate's: not its folder, not its environment.
    const stray = `(cd / && exec env -i setsid sh -c 'echo $$ >/tmp/pid; exec sleep 4711') & until [ -s /tmp/pid ]; do sleep 0.05; done`;
    const first = await run(on, gate, `${stray}; touch /tmp/left /tmp/.left "$HOME/left"; ls -A /tmp`);
    expect(first.result.outcome).toBe('pass');
    expect(first.text.split('\n')).toEqual(expect.arrayContaining(['.left', 'left', 'lex-pr', 'pid']));
    const look = 'ls -A /tmp; find /tmp -name "*left"; cat /proc/[0-9]*/cmdline | tr "\\0" " "';
    const { text } = await run(on, gate, look);
    expect(text).toMatch(/^lex-pr\n\/bin\/sh .*\/mnt\/client\.mjs/s);
    expect(text).not.toContain('4711');
  });

  it('goes on where a gate has removed all of /tmp', async () => {
    const on = await host();
    const gate = await start('gate', { isolated: true });
    const removed = await run(on, gate, 'echo gone; cd /; rm -rf /tmp/* /tmp/.[!.]*');
    expect(removed.result).toMatchObject({ outcome: 'fail', note: 'it removed its own log' });
    expect((await run(on, gate, 'cat src/a')).text).toBe('a\n');
  });
});
