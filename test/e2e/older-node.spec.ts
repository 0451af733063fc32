import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { artifactFolder, CLI, readMerged, runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { HeldGates, isRunning } from './held-gates';

const create = testRepositories();

const OLD = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });";

/** A run, started with a Node.js that says it is too old, whose one gate has begun; `leave` lets the gate go. */
async function startOld() {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  const gates = new HeldGates(repo);
  gates.hold('a');
  const plan = { items: [{ name: 'a' }], gates: [gates.gate] };
  const preload = join(repo.root, 'old.cjs');
  writeFileSync(preload, OLD);
  const args = ['merge', writePlan(repo, plan), '--execute', '--artifact-dir', artifactFolder(repo)];
  const child = spawn(process.execPath, ['--require', preload, CLI, ...args], {
    cwd: repo.path,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  await gates.started(['a']);
  const worker = parentOf(gates.pids('a')[0]!);
  return { repo, plan, gates, child, worker, closed, stderr: () => stderr };
}

/** The process of lex-pr above a gate's shell. */
function parentOf(pid: number): number {
  const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
  return readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes(CLI) ? parent : parentOf(parent);
}

const onLinux = existsSync('/proc/self/status') ? describe : describe.skip;

onLinux('lex-pr under a Node.js that is too old', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'ends the run in an orderly way at %s, sent to it alone or to its whole terminal',
    async (signal, code) => {
      for (const whole of [false, true]) {
        const { repo, plan, gates, child, worker, closed, stderr } = await startOld();
        expect(worker).not.toBe(child.pid);
        process.kill(whole ? -child.pid! : child.pid!, signal);
        await closed;
        expect({ code: child.exitCode, stderr: stderr() }).toEqual({
          code,
          stderr: expect.stringContaining('go on with: lex-pr resume'),
        });
        expect(gates.pids('a').filter(isRunning)).toEqual([]);
        gates.letGo('a');
        const result = await runCli(['resume'], { cwd: repo.path });
        expect(readMerged(plan, artifactFolder(repo), result).outcome).toEqual({ a: 'merged' });
      }
    },
  );

  it('stops the run when it is killed: nothing lands behind its back', async () => {
    const { repo, gates, child, worker, closed, stderr } = await startOld();
    const before = repo.git('rev-parse', 'main');
    child.kill('SIGKILL');
    // Standard error is closed once both are gone.
    await closed;
    expect(stderr()).toContain('go on with: lex-pr resume');
    // It closes that a moment before it is gone itself.
    for (let look = 0; isRunning(worker) && look < 500; look++) await pause(20);
    expect([worker, ...gates.pids('a')].filter(isRunning)).toEqual([]);
    expect(repo.git('rev-parse', 'main')).toBe(before);
  });
});
