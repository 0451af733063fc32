import { readdirSync, readFileSync } from 'node:fs';
import type { HeldProcess } from '../../lib/gates/held-process';
import { type Launcher, openLauncher } from '../../lib/gates/launcher';
import { readOutput } from '../../lib/gates/output';
import { endProcessGroup } from '../../lib/gates/process-group';
import { isRunning, parentOf, until, Workspace } from './workspace';

/** With the numbers of system calls on this machine, where they are known, and without. */
const isKnown = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

describe.each([
  { name: 'a launcher', calls: undefined, adopts: isKnown },
  { name: 'a launcher that knows no system calls', calls: [], adopts: false },
])('$name', ({ calls, adopts }) => {
  let workspace: Workspace;
  let launcher: Launcher;
  const before = { ...process.env };
  beforeEach(() => {
    launcher = openLauncher(undefined, calls);
    workspace = new Workspace(launcher);
    process.env.TMPDIR = workspace.root;
  });
  afterEach(async () => {
    process.env = { ...before };
    await workspace.remove();
  });

  const shell = (run: string, env: Record<string, string> = {}) => ({
    argv: ['/bin/sh', '-c', run],
    cwd: workspace.tree,
    env: { PATH: before.PATH!, ...env },
  });

  async function start(run: string, env?: Record<string, string>): Promise<HeldProcess> {
    const held = await launcher.start(shell(run, env));
    if (held === undefined) throw new Error('nothing was started');
    return held;
  }

  async function end(held: HeldProcess) {
    let output = '';
    const stop = readOutput(
      held.output,
      (chunk) => {
        output += Buffer.from(chunk).toString();
      },
      () => {},
    );
    held.release();
    const exit = await held.exited.finally(stop);
    return { ...exit, output };
  }

  const run = async (command: string, env?: Record<string, string>) => end(await start(command, env));

  it('tells an exit code above 128 from a signal', async () => {
    expect(await run('exit 137')).toMatchObject({ exitCode: 137, signal: null });
    expect(await run('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('gives words, folder and environment as they are', async () => {
    const odd = `a 'b' "c" $HOME \\ ü\n=\t`;
    const held = await launcher.start({
      argv: ['/bin/sh', '-c', 'printf "%s|%s|%s|%s" "$1" "$2" "$ODD" "$EMPTY"; pwd', 'sh', odd, ''],
      cwd: workspace.tree,
      env: { ODD: odd, EMPTY: '' },
    });
    expect(await end(held!)).toMatchObject({ output: `${odd}||${odd}|${workspace.tree}\n`, exitCode: 0 });
  });

  it('hears nothing of what our environment tells Perl', async () => {
    Object.assign(process.env, { PERL5OPT: '-MNo::Such::Module', PERL5LIB: workspace.root });
    expect(await run('echo $PERL5OPT')).toMatchObject({ output: '\n', exitCode: 0 });
  });

  it('runs nothing before the release, and leaves no FIFO behind', async () => {
    const held = await start('touch ran');
    expect(readFileSync(`/proc/${held.pid}/stat`, 'latin1')).toContain(` ${held.pid} ${held.pid} `);
    await endProcessGroup(held.pid, 0);
    expect(await end(held)).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(workspace.has('ran')).toBe(false);
    // The release of the first was too late; it is no part of the second.
    expect(await run('touch ran')).toMatchObject({ exitCode: 0 });
    expect(workspace.has('ran')).toBe(true);
    expect(readdirSync(workspace.root).filter((name) => name.startsWith('lex-pr-'))).toEqual([]);
  });

  it('knows whether anything is left', async () => {
    expect((await run('sh -c "sleep 0.05 &"; sleep 0.3')).alone).toBe(adopts);
    expect((await run('setsid sleep 300 >/dev/null 2>&1 & echo $! > left')).alone).toBe(false);
    const left = workspace.pid('left');
    await until(() => isRunning(left));
    expect((await run('true')).alone).toBe(false);
    process.kill(left, 'SIGKILL');
    await until(() => !isRunning(left));
    expect((await run('true')).alone).toBe(adopts);
  });

  it('kills what is left, in whatever session it is, where it adopts orphans', async () => {
    const held = await start(
      'cd /; env -i setsid sh -c "echo \\$\\$; setsid sleep 300 & echo \\$!; wait" >"$OLDPWD/left" & sleep 0.3',
    );
    expect((await end(held)).alone).toBe(false);
    const left = workspace.read('left').trim().split('\n').map(Number);
    expect(left.map(isRunning)).toEqual([true, true]);
    expect(await held.endRest!()).toBe(adopts ? 'none' : 'unknown');
    expect(left.map(isRunning)).toEqual([!adopts, !adopts]);
    for (const pid of adopts ? [] : left) process.kill(pid, 'SIGKILL');
    expect(await run('true')).toMatchObject({ exitCode: 0, alone: adopts });
  });

  it('starts one program at a time', async () => {
    const held = await start('true');
    expect(await launcher.start(shell('true'))).toBeUndefined();
    expect(await end(held)).toMatchObject({ exitCode: 0 });
  });

  it('leaves to others what has NUL in it, or is long', async () => {
    expect(await launcher.start(shell('true\0'))).toBeUndefined();
    expect(await launcher.start(shell(`: ${'x'.repeat(1 << 16)}`))).toBeUndefined();
  });

  it('fails as the system does, and goes on', async () => {
    const nowhere = { argv: ['/bin/sh'], cwd: `${workspace.tree}/nowhere`, env: {} };
    await expect(launcher.start(nowhere)).rejects.toMatchObject({ code: 'ENOENT' });
    const nothing = await launcher.start({ argv: ['/no/such/program'], cwd: workspace.tree, env: {} });
    await expect(end(nothing!)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await run('true')).toMatchObject({ exitCode: 0 });
  });

  it('starts anew where a program has killed it', async () => {
    const held = await start('kill -KILL $PPID; sleep 300');
    expect(await end(held)).toMatchObject({ exitCode: null, signal: null, alone: false });
    expect(await held.endRest!()).toBe('unknown');
    await endProcessGroup(held.pid, 0);
    expect(await run('true')).toMatchObject({ exitCode: 0 });
  });

  it('does without one that somebody has stopped', async () => {
    const impatient = openLauncher(undefined, calls, 1000);
    const held = await impatient.start(shell('true'));
    const stopped = parentOf(held!.pid);
    await end(held!);
    process.kill(stopped, 'SIGSTOP');
    expect(await impatient.start(shell('true'))).toBeUndefined();
    expect(isRunning(stopped)).toBe(false);
    const again = await impatient.start(shell('kill -STOP $PPID'));
    again!.release();
    const next = parentOf(again!.pid);
    await until(() => !isRunning(again!.pid));
    again!.giveUp!();
    expect(await again!.exited).toMatchObject({ exitCode: null, signal: null });
    expect(isRunning(next)).toBe(false);
    const last = await impatient.start(shell('true'));
    const idle = parentOf(last!.pid);
    await end(last!);
    process.kill(idle, 'SIGSTOP');
    await impatient.close();
    expect(isRunning(idle)).toBe(false);
  });

  it('starts nothing where there is no Perl, or one without its modules', async () => {
    for (const perl of ['/no/perl', '/bin/false']) {
      const without = openLauncher(perl);
      expect(await without.start(shell('true'))).toBeUndefined();
      expect(await without.start(shell('true'))).toBeUndefined();
      await without.close();
    }
  });

  it('is gone once it is closed', async () => {
    const held = await start('true');
    const parent = parentOf(held.pid);
    await end(held);
    await launcher.close();
    expect(isRunning(parent)).toBe(false);
    expect(await launcher.start(shell('true'))).toBeUndefined();
  });
});
