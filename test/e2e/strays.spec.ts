import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endStrays } from '../../lib/gates/strays';
import { mergePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

describe('a process that a gate leaves behind in its lane, outside its process group', () => {
  it.each([
    { how: 'where it is', run: 'setsid', by: '' },
    {
      how: 'outside its folder, without its environment',
      run: 'lane=$PWD; cd /; env -i setsid',
      by: '$lane/',
    },
  ])('cannot change the files under the next gate: $how', async ({ run, by }) => {
    const repo = create();
    repo.branches([{ name: 'a' }, { name: 'b' }]);
    const daemon = `${run} sh -c "while :; do echo ok > ${by}passes; sleep 0.02; done" > /dev/null 2>&1 & sleep 0.2`;
    const { outcome } = await mergePlan(repo, {
      policy: { maxWorkers: 1, integration: 'none' },
      items: [
        { name: 'a', gates: [{ name: 'test', run: daemon }] },
        { name: 'b', gates: [{ name: 'test', run: 'sleep 0.3; test -f passes' }] },
      ],
    });
    expect(outcome).toEqual({ a: 'merged', b: 'failed: gate-failed' });
  });
});

describe('endStrays', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    mkdirSync(join(folder, 'lane/tree'), { recursive: true });
    mkdirSync(join(folder, 'lane2'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("kills gates' processes in the folder, and leaves others and other folders alone", async () => {
    const start = (cwd: string, env: Record<string, string>) =>
      spawn('/bin/sleep', ['60'], { cwd: join(folder, cwd), env, detached: true, stdio: 'ignore' });
    const stray = start('lane/tree', { LEX_PR: '1' });
    const gone = start('lane2', { LEX_PR: '1', OLDPWD: join(folder, 'lane/tree') });
    const person = start('lane/tree', {});
    const neighbour = start('lane2', { LEX_PR: '1' });
    try {
      expect(endStrays(join(folder, 'lane'))).toEqual([stray.pid, gone.pid]);
    } finally {
      for (const child of [stray, gone, person, neighbour]) child.kill('SIGKILL');
      await Promise.all(
        [stray, gone, person, neighbour].map((child) => new Promise((resolve) => child.on('close', resolve))),
      );
    }
  });
});
