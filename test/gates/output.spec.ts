import { closeSync, existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readOutput } from '../../lib/gates/output';
import { takePipe } from '../../lib/gates/pipe';
import { runGate } from '../../lib/gates/run-gate';
import { isRunning, until, Workspace } from './workspace';

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace();
});
afterEach(() => workspace.remove());

describe('the log of a gate', () => {
  it('holds standard output and error in the order they were written', async () => {
    const run = 'for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done';
    await runGate(workspace.request(run));
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `out ${i}\nerr ${i}\n`).join('');
    expect(workspace.log()).toBe(expected);
  });

  it('takes what is written to the outputs by name', async () => {
    const run = 'echo a > /dev/stderr; echo b > /dev/stdout; echo c | tee /dev/stderr';
    expect(await runGate(workspace.request(run))).toMatchObject({ status: 'pass' });
    expect(workspace.log()).toBe('a\nb\nc\nc\n');
  });

  it('can be read while the gate runs', async () => {
    const end = runGate(workspace.request('echo early; while [ ! -e go ]; do sleep 0.01; done; echo late'));
    await until(() => workspace.started.length > 0 && workspace.log() === 'early\n');
    writeFileSync(join(workspace.tree, 'go'), '');
    await end;
    expect(workspace.log()).toBe('early\nlate\n');
  });

  it('is emptied before an attempt', async () => {
    await runGate(workspace.request('echo first'));
    await runGate(workspace.request('echo 2'));
    expect(workspace.log()).toBe('2\n');
  });

  it('keeps the beginning and the end of 1 GB, with bounded memory', async () => {
    const before = process.memoryUsage().rss;
    const run = 'echo first; head -c 1000000000 /dev/zero; echo; echo last';
    const outcome = await runGate(workspace.request(run));
    const grown = process.memoryUsage().rss - before;
    expect(outcome).toMatchObject({ status: 'pass', outputBytes: 1_000_000_012, truncated: true });
    const log = readFileSync(workspace.logFile);
    const note = `\n[lex-pr: ${1_000_000_012 - 10 * 1024 * 1024} bytes left out]\n`;
    expect(log.length).toBe(10 * 1024 * 1024 + note.length);
    expect(log.subarray(0, 6).toString()).toBe('first\n');
    expect(
      log
        .subarray(8 * 1024 * 1024)
        .subarray(0, note.length)
        .toString(),
    ).toBe(note);
    expect(log.subarray(-6).toString()).toBe('\nlast\n');
    expect(grown).toBeLessThan(100 * 1024 * 1024);
  }, 60_000);

  it('that cannot be written is a fault, and ends the gate', async () => {
    const run = 'sleep 300 & echo $! > child; echo x; wait';
    const request = workspace.request(run, {}, { logFile: '/dev/full' });
    await expect(runGate(request)).rejects.toThrow('ENOSPC');
    expect([workspace.started[0]!.pid, workspace.pid('child')].filter(isRunning)).toEqual([]);
  });

  it('that cannot be made is a fault, and ends the gate', async () => {
    mkdirSync(join(workspace.root, 'logs/gate.log'), { recursive: true });
    await expect(runGate(workspace.request('echo x; sleep 300; touch ran'))).rejects.toThrow('EISDIR');
    expect(workspace.has('ran')).toBe(false);
  });

  it('is not made where there is no output: a file takes as long to make as a process to start', async () => {
    expect(await runGate(workspace.request('true'))).toMatchObject({ status: 'pass', outputBytes: 0 });
    expect(existsSync(workspace.logFile)).toBe(false);
  });
});

describe('the end of reading', () => {
  const fail = (error: unknown) => {
    throw error;
  };

  it('hands over what is in the pipe, though somebody holds it open', async () => {
    const pipe = await takePipe();
    let text = '';
    const { stop } = readOutput(pipe.readEnd, (chunk) => (text += Buffer.from(chunk).toString()), fail);
    writeSync(pipe.writeEnd, 'x'.repeat(50_000));
    stop();
    closeSync(pipe.writeEnd);
    expect(text).toBe('x'.repeat(50_000));
  });

  it('comes though somebody fills the pipe again and again', async () => {
    const pipe = await takePipe();
    let bytes = 0;
    const refill = (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > 1 << 24) throw new Error('it would never end');
      writeSync(pipe.writeEnd, chunk);
    };
    const { stop } = readOutput(pipe.readEnd, refill, fail);
    writeSync(pipe.writeEnd, 'x'.repeat(4096));
    stop();
    closeSync(pipe.writeEnd);
    expect(bytes).toBe(1 << 20);
  });
});
