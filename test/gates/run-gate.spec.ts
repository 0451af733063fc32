import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { runGate } from '../../lib/gates/run-gate';
import { isRunning, Workspace } from './workspace';

// Time limits are the subject here; a machine that stands still for a second may break one.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

/** The descriptors of any child: input, outputs, the folder that ls reads, what this process was born with. */
const BEFORE_ANY_GATE = execFileSync('ls', ['/proc/self/fd'], { encoding: 'utf8' });

describe.each([
  { by: 'a launcher', isLaunched: true },
  { by: 'this process', isLaunched: false },
])('a gate started by $by:', ({ isLaunched }) => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = new Workspace(isLaunched);
  });
  afterEach(() => workspace.remove());

  describe('the outcome of a gate', () => {
    it('is pass for exit code 0', async () => {
      const before = Date.now();
      const outcome = await runGate(workspace.request('echo fine'));
      expect(outcome).toEqual({
        status: 'pass',
        exitCode: 0,
        signal: null,
        startedAt: expect.any(Number),
        endedAt: expect.any(Number),
        outputBytes: 5,
        truncated: false,
        artifacts: [],
        alone: isLaunched && process.platform === 'linux',
        note: undefined,
      });
      expect(outcome.startedAt).toBeGreaterThanOrEqual(before);
      expect(outcome.endedAt).toBeGreaterThanOrEqual(outcome.startedAt);
      expect(workspace.log()).toBe('fine\n');
    });

    it('is fail with the exit code for any other', async () => {
      const outcome = await runGate(workspace.request('exit 3'));
      expect(outcome).toMatchObject({ status: 'fail', exitCode: 3, signal: null, note: undefined });
    });

    it('is an ordinary fail for a command that does not exist, and for one that looks like an option', async () => {
      expect(await runGate(workspace.request('no-such-command-here'))).toMatchObject({
        status: 'fail',
        exitCode: 127,
      });
      expect(await runGate(workspace.request('-x'))).toMatchObject({ status: 'fail', exitCode: 127 });
    });

    it('is fail with the signal for a shell that was killed', async () => {
      const outcome = await runGate(workspace.request('kill -KILL $$'));
      expect(outcome).toMatchObject({
        status: 'fail',
        exitCode: null,
        signal: 'SIGKILL',
        note: 'killed by SIGKILL',
      });
    });

    it('is fail with a note for a command longer than the system takes', async () => {
      const outcome = await runGate(workspace.request(`: ${'x'.repeat(4 << 20)}`));
      expect(outcome).toMatchObject({
        status: 'fail',
        exitCode: null,
        note: expect.stringContaining('too long'),
      });
      expect(workspace.started).toEqual([]);
    });
  });

  describe('the folder of a gate', () => {
    it('is its cwd, also through a link within the work tree', async () => {
      mkdirSync(join(workspace.tree, 'a/b'), { recursive: true });
      symlinkSync('a/b', join(workspace.tree, 'link'));
      await runGate(workspace.request('touch here', { cwd: 'link' }));
      expect(workspace.has('a/b/here')).toBe(true);
    });

    it('may lie in a work tree that is itself reached through a link', async () => {
      const workTree = join(workspace.root, 'link');
      symlinkSync(workspace.tree, workTree);
      const outcome = await runGate(workspace.request('echo x > a', { artifacts: ['a'] }, { workTree }));
      expect(outcome).toMatchObject({ status: 'pass', artifacts: ['a'], note: undefined });
    });

    it.each([
      ['missing', 'cwd does not exist: missing'],
      ['file', 'cwd is not a folder: file'],
      ['file/below', 'cwd does not exist: file/below'],
      ['out', 'cwd leads out of the work tree: out'],
      ['../logs', 'cwd leads out of the work tree: ../logs'],
      ['loop', 'cwd cannot be entered (ELOOP): loop'],
    ])('fails without running anything where cwd is %s', async (cwd, note) => {
      writeFileSync(join(workspace.tree, 'file'), '');
      symlinkSync('..', join(workspace.tree, 'out'));
      symlinkSync('loop', join(workspace.tree, 'loop'));
      mkdirSync(join(workspace.root, 'logs'));
      const request = workspace.request('touch ran', { cwd, artifacts: ['*'] });
      expect(await runGate(request)).toMatchObject({ status: 'fail', exitCode: null, artifacts: [], note });
      expect(workspace.started).toEqual([]);
    });

    it('is a fault where the work tree itself is missing', async () => {
      const workTree = join(workspace.root, 'nowhere');
      await expect(runGate(workspace.request('true', {}, { workTree }))).rejects.toThrow('ENOENT');
    });
  });

  describe('what a gate is given', () => {
    it('is a clean environment, the variables of the engine, its own', async () => {
      const secrets = {
        AWS_SECRET_ACCESS_KEY: 's3cret',
        GITHUB_TOKEN: 's3cret',
        NODE_OPTIONS: '--max-old-space-size=4000',
        npm_config_secret: 's3cret',
        SSH_AUTH_SOCK: '/s3cret',
        GIT_DIR: '/s3cret',
      };
      const before = { ...process.env };
      Object.assign(process.env, secrets);
      try {
        const variables = { LEX_PR_ITEM: 'a', SHARED: 'engine' };
        await runGate(workspace.request('env > env', { env: { SHARED: 'gate', OWN: '1' } }, { variables }));
      } finally {
        for (const name of Object.keys(secrets)) delete process.env[name];
        Object.assign(process.env, before);
      }
      const text = workspace.read('env');
      expect(text).not.toContain('s3cret');
      for (const line of ['LEX_PR_ITEM=a', 'SHARED=gate', 'OWN=1', 'CI=true', 'TERM=dumb'])
        expect(text.split('\n')).toContain(line);
      const allowed = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TERM|CI|LEX_PR_ITEM|SHARED|OWN)$/;
      const ofTheShell = /^(PWD|OLDPWD|SHLVL|_)$/;
      const names = text
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0]!);
      expect(names.filter((name) => !allowed.test(name) && !ofTheShell.test(name))).toEqual([]);
    });

    it('is an empty input, and no descriptor of ours', async () => {
      await runGate(workspace.request('cat; ls /proc/self/fd'));
      expect(workspace.log()).toBe(BEFORE_ANY_GATE);
    });

    it('is a session and process group of its own, as recorded', async () => {
      await runGate(workspace.request('cut -d" " -f5,6 /proc/$$/stat; echo $$'));
      const pid = workspace.log().trim().split('\n')[1];
      expect(workspace.log()).toBe(`${pid} ${pid}\n${pid}\n`);
      expect(workspace.started).toEqual([
        { pid: Number(pid), processGroup: Number(pid), startTime: expect.stringMatching(/./) },
      ]);
    });
  });

  it('leaks no listener, timer or descriptor', async () => {
    const { signal } = new AbortController();
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    await runGate(workspace.request('true'));
    await turn();
    const before = { descriptors: descriptors(), timers: timers() };
    for (let round = 0; round < 10; round += 1)
      await Promise.all(
        Array.from({ length: 8 }, () => runGate(workspace.request('sleep 300 & echo x', {}, { signal }))),
      );
    await turn();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    // Eighty gates; the test runner has a few timers of its own.
    expect(timers()).toBeLessThan(before.timers + 40);
    // Up to eight pipes are kept for the next gates.
    expect(descriptors()).toBeLessThanOrEqual(before.descriptors + 16);
  });
});

describe('the start of a gate by this process', () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = new Workspace();
  });
  afterEach(() => workspace.remove());

  it('never happens where onStart throws, and what it threw comes out', async () => {
    const error = new Error('cannot record');
    let pid = 0;
    const onStart = (record: { pid: number }) => {
      pid = record.pid;
      expect(isRunning(pid)).toBe(true);
      throw error;
    };
    await expect(runGate(workspace.request('touch ran', {}, { onStart }))).rejects.toBe(error);
    expect(isRunning(pid)).toBe(false);
    expect(workspace.has('ran')).toBe(false);
  });

  it('never happens once it was stopped, before or while it is recorded', async () => {
    const early = workspace.request('touch ran', {}, { signal: AbortSignal.abort() });
    expect(await runGate(early)).toMatchObject({ status: 'stopped', exitCode: null });
    expect(workspace.started).toEqual([]);

    const controller = new AbortController();
    const { signal } = controller;
    const late = workspace.request('touch ran', {}, { signal, onStart: () => controller.abort() });
    expect(await runGate(late)).toMatchObject({ status: 'stopped', signal: 'SIGTERM' });
    expect(workspace.has('ran')).toBe(false);
  });
});

it('runs twelve CPU-bound gates of 0.6 s two at a time within a limit of 2 s each', async () => {
  const workspace = new Workspace(true);
  const burn = `'${process.execPath}' -e 'const t = Date.now(); while (Date.now() - t < 600);'`;
  const queue = Array.from({ length: 12 }, (_, index) => index);
  const statuses: string[] = [];
  const lane = async () => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      const logFile = join(workspace.root, `${index}.log`);
      const outcome = await runGate(workspace.request(burn, { timeoutSeconds: 2 }, { logFile }));
      statuses.push(outcome.status);
    }
  };
  await Promise.all([lane(), lane()]);
  await workspace.remove();
  expect(statuses).toEqual(Array(12).fill('pass'));
}, 30_000);
