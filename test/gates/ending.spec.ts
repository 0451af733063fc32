import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { runGate } from '../../lib/gates/run-gate';
import { isRunning, until, Workspace } from './workspace';

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace(true);
});
afterEach(() => workspace.remove());

/** Ignores SIGTERM, has children that do, and says when it has got so far. */
const STUBBORN = `trap '' TERM
sh -c 'echo $$ > child; sleep 300' &
(sh -c 'echo $$ > grandchild; sleep 300') &
while [ ! -s child ] || [ ! -s grandchild ]; do sleep 0.01; done
touch ready
while :; do sleep 300; done`;

describe('the end of a gate', () => {
  it('comes with its shell, and takes background children that hold the output open', async () => {
    const outcome = await runGate(workspace.request('sleep 300 & echo $! > child; echo done; exit 0'));
    expect(outcome).toMatchObject({ status: 'pass', exitCode: 0, outputBytes: 5, note: undefined });
    expect(isRunning(workspace.pid('child'))).toBe(false);
  });

  it('takes background children that ignore SIGTERM, and keeps the exit code', async () => {
    const run = `sh -c 'trap "" TERM; echo $$ > child; sleep 300' & while [ ! -s child ]; do sleep 0.01; done; exit 7`;
    expect(await runGate(workspace.request(run))).toMatchObject({ status: 'fail', exitCode: 7 });
    expect(isRunning(workspace.pid('child'))).toBe(false);
  });

  it('does not wait for a process that left the group and writes on', async () => {
    const writer = `setsid sh -c 'echo $$ > writer; while :; do echo more; sleep 0.02; done'`;
    const run = `${writer} & while [ ! -s writer ]; do sleep 0.01; done; echo done; exit 0`;
    expect(await runGate(workspace.request(run))).toMatchObject({ status: 'pass' });
    expect(workspace.log()).toContain('done\n');
    // Its next write finds the pipe closed.
    await until(() => !isRunning(workspace.pid('writer')));
    expect(await runGate(workspace.request('true'))).toMatchObject({ status: 'pass' });
  });

  it('does not wait for a process that left the group and floods the output', async () => {
    const run = `setsid sh -c 'echo $$ > writer; exec yes' & while [ ! -s writer ]; do sleep 0.01; done; exit 0`;
    expect(await runGate(workspace.request(run))).toMatchObject({ status: 'pass' });
    await until(() => !isRunning(workspace.pid('writer')));
  });

  it('is seen where the gate closed its output long before', async () => {
    const outcome = await runGate(workspace.request('echo x; exec >&- 2>&-; sleep 0.2; exit 4'));
    expect(outcome).toMatchObject({ status: 'fail', exitCode: 4, outputBytes: 2 });
  });
});

describe('the time limit', () => {
  it('ends a gate that ignores SIGTERM, with all its children', async () => {
    const outcome = await runGate(workspace.request(STUBBORN, { timeoutSeconds: 1 }));
    expect(outcome).toMatchObject({
      status: 'timeout',
      exitCode: null,
      signal: 'SIGKILL',
      note: 'timed out after 1 s',
    });
    const pids = [workspace.started[0]!.pid, workspace.pid('child'), workspace.pid('grandchild')];
    expect(pids.filter(isRunning)).toEqual([]);
  }, 15_000);

  it('comes for a gate that has stopped what would tell of its end', async () => {
    const run = 'kill -STOP $PPID; echo done';
    const outcome = await runGate(workspace.request(run, { timeoutSeconds: 0.5 }));
    expect(outcome).toMatchObject({ status: 'timeout', exitCode: null, outputBytes: 5 });
    expect(await runGate(workspace.request('true'))).toMatchObject({ status: 'pass' });
  });

  it('makes a timeout of a gate that exits 0 on SIGTERM', async () => {
    const run = `trap 'exit 0' TERM; while :; do sleep 0.05; done`;
    const outcome = await runGate(workspace.request(run, { timeoutSeconds: 0.5 }));
    expect(outcome).toMatchObject({ status: 'timeout', exitCode: 0 });
  });

  it('may be longer than a timer of Node', async () => {
    const outcome = await runGate(workspace.request('sleep 0.1', { timeoutSeconds: 2 ** 31 }));
    expect(outcome).toMatchObject({ status: 'pass' });
  });

  it('counts what ended before it as ended, even where this process was too busy to see it', async () => {
    const request = workspace.request('sleep 0.1', { timeoutSeconds: 0.3 });
    const end = runGate(request);
    await until(() => workspace.started.length > 0);
    // From here the event loop comes to its timers before it comes to the ends of processes.
    await turn();
    const busyUntil = Date.now() + 600;
    while (Date.now() < busyUntil);
    expect(await end).toMatchObject({ status: 'pass' });
  });
});

describe('abort', () => {
  it('ends a gate that ignores SIGTERM, with all its children', async () => {
    const controller = new AbortController();
    const end = runGate(workspace.request(STUBBORN, {}, { signal: controller.signal }));
    await until(() => workspace.has('ready'));
    controller.abort();
    expect(await end).toMatchObject({ status: 'stopped', signal: 'SIGKILL', note: 'stopped' });
    const pids = [workspace.started[0]!.pid, workspace.pid('child'), workspace.pid('grandchild')];
    expect(pids.filter(isRunning)).toEqual([]);
  }, 15_000);

  it('leaves the rest of the group its grace when the shell ends first', async () => {
    const cleaner = `trap 'sleep 0.3; echo tidy > tidied; exit 0' TERM; touch up; while :; do sleep 0.05; done`;
    const controller = new AbortController();
    const run = `sh -c "${cleaner}" & wait`;
    const end = runGate(workspace.request(run, { artifacts: ['*'] }, { signal: controller.signal }));
    await until(() => workspace.has('up'));
    controller.abort();
    expect(await end).toMatchObject({ status: 'stopped', signal: 'SIGTERM', artifacts: [] });
    expect(workspace.has('tidied')).toBe(true);
  });

  it('changes nothing once the gate has ended', async () => {
    const controller = new AbortController();
    const outcome = await runGate(workspace.request('true', {}, { signal: controller.signal }));
    controller.abort();
    await pause(10);
    expect(outcome.status).toBe('pass');
  });
});
