import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSandboxed, openSandbox } from '../../../lib/engine/aws/sandbox';

let folder: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function sleeper(): ChildProcess {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  started.push(child);
  return child;
}

it('a sandbox is what Lambda has made, and no process of an emulator', () => {
  expect(isSandboxed({ AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001' }, 1)).toBe(true);
  expect(isSandboxed({ AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001' }, 4711)).toBe(false);
  expect(isSandboxed({ AWS_LAMBDA_FUNCTION_NAME: 'gate' }, 1)).toBe(false);
  expect(isSandboxed()).toBe(false);
});

describe('clearing a sandbox', () => {
  it('ends every process that has come since, and those that come meanwhile', async () => {
    const [before, first, second] = [sleeper(), sleeper(), sleeper()];
    const exits = [first, second].map((child) => once(child, 'exit'));
    // The second one comes to light when the first one has been ended.
    const seen = [[before], [before, first], [before, first, second], [before, second], [before]];
    let looks = 0;
    const list = () => [process.pid, ...seen[Math.min(looks++, seen.length - 1)]!.map(({ pid }) => pid!)];
    await openSandbox(folder, list).clear();
    expect(await Promise.all(exits)).toEqual([
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
    expect(before.exitCode ?? before.signalCode).toBeNull();
  });

  it('goes on when a process has gone by itself, or is only waiting to be reaped', async () => {
    const child = spawn('true');
    const { pid } = child;
    await once(child, 'exit');
    const lists = [[], [pid!], [pid!]];
    await openSandbox(folder, () => lists.shift() ?? [pid!]).clear();
    expect(lists).toEqual([]);
  });

  it('empties its folder, and follows no link out of it', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    writeFileSync(join(outside, 'kept'), 'x');
    mkdirSync(join(folder, 'a/b'), { recursive: true, mode: 0o500 });
    writeFileSync(join(folder, '.hidden'), 'x');
    symlinkSync(outside, join(folder, 'link'));
    await openSandbox(folder, () => []).clear();
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync(outside)).toEqual(['kept']);
    rmSync(outside, { recursive: true });
  });
});
