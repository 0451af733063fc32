import { constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Launcher, openLauncher } from '../../lib/gates/launcher';
import { LAUNCHER_SCRIPT } from '../../lib/gates/launcher-script';
import { endProcessGroup } from '../../lib/gates/process-group';
import { openProcessRecords } from '../../lib/gates/process-records';
import { startTimeOf } from '../../lib/gates/process-table';
import type { StartedProcess } from '../../lib/gates/started-process';
import { isRunning, until, Workspace } from './workspace';

const canLaunch = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

(canLaunch ? describe : describe.skip)('a launcher', () => {
  let workspace: Workspace;
  let launcher: Launcher;
  const before = { ...process.env };
  beforeEach(() => {
    launcher = openLauncher();
    workspace = new Workspace();
  });
  afterEach(async () => {
    await launcher.close();
    process.env = { ...before };
    await workspace.remove();
  });

  const shell = (run: string, env: Record<string, string> = {}) => ({
    argv: ['/bin/sh', '-c', run],
    cwd: workspace.tree,
    env: { PATH: before.PATH!, ...env },
  });

  interface Watched extends StartedProcess {
    output(): string;
  }

  async function start(run: string, env?: Record<string, string>, by = launcher): Promise<Watched> {
    let text = '';
    const write = (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString('latin1');
    };
    const started = await by.start(shell(run, env), { write, onFault() {} });
    if (started === undefined) throw new Error('nothing was started');
    return { ...started, output: () => text };
  }

  async function end(started: Watched) {
    const exit = await started.exited.finally(started.stopReading);
    return { ...exit, output: started.output() };
  }

  const nobody = { write() {}, onFault() {} };
  const run = async (command: string, env?: Record<string, string>) => end(await start(command, env));

  it('tells an exit code above 128 from a signal', async () => {
    expect(await run('exit 137')).toMatchObject({ exitCode: 137, signal: null });
    expect(await run('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('gives words, folder and environment as they are', async () => {
    const odd = `a 'b' "c" $HOME \\ ü\n=\t`;
    const said: Buffer[] = [];
    const started = await launcher.start(
      {
        argv: ['/bin/sh', '-c', 'printf "%s|%s|%s|%s" "$1" "$2" "$ODD" "$EMPTY"; pwd', 'sh', odd, ''],
        cwd: workspace.tree,
        env: { ODD: odd, EMPTY: '' },
      },
      { write: (chunk) => void said.push(Buffer.from(chunk)), onFault() {} },
    );
    expect(await started!.exited).toMatchObject({ exitCode: 0 });
    started!.stopReading();
    expect(Buffer.concat(said).toString()).toBe(`${odd}||${odd}|${workspace.tree}\n`);
  });

  it('hears nothing of what our environment tells Perl', async () => {
    Object.assign(process.env, { PERL5OPT: '-MNo::Such::Module', PERL5LIB: workspace.root });
    expect(await run('echo $PERL5OPT')).toMatchObject({ output: '\n', exitCode: 0 });
  });

  it('leads a session of its own, and is on record before it runs', async () => {
    const records = openProcessRecords(join(workspace.root, 'processes'));
    const recorder = openLauncher({ recordFile: records.fileOf(3) });
    const run = 'cat ../processes/lane-3; exec sleep 300';
    for (let gate = 0; gate < 2; gate++) {
      const started = await start(run, {}, recorder);
      const { pid } = started;
      await until(() => started.output().includes('\n'));
      const startTime = startTimeOf(pid)!;
      expect(started.output().trimEnd()).toBe(`${pid} ${startTime}`.padEnd(127).trimEnd());
      expect(records.all()).toEqual([{ pid, processGroup: pid, startTime }]);
      expect(readFileSync(`/proc/${pid}/stat`, 'latin1')).toContain(` ${pid} ${pid} `);
      await endProcessGroup(pid, 0);
      expect(await end(started)).toMatchObject({ exitCode: null, signal: 'SIGKILL', alone: true });
    }
    await recorder.close();
  });

  it('starts nothing that it cannot record', async () => {
    const unable = openLauncher({ recordFile: join(workspace.root, 'no/such/folder') });
    await expect(unable.start(shell('touch ran'), nobody)).rejects.toMatchObject({ code: 'ENOENT' });
    await unable.close();
    expect(workspace.has('ran')).toBe(false);
  });

  it('hands over output of any size and kind, and nothing of one gate to the next', async () => {
    expect(await run(':')).toMatchObject({ output: '', exitCode: 0 });
    const seen = await run(
      'head -c 3000000 /dev/zero; printf "\\n\\377 no end of line"; echo x >/dev/stderr',
    );
    expect(seen).toMatchObject({ exitCode: 0, alone: true });
    expect(seen.output.length).toBe(3_000_000 + '\n. no end of linex\n'.length);
    expect(seen.output.endsWith('\0\n\xff no end of linex\n')).toBe(true);
    const flood = await start('setsid sh -c "while :; do echo old; done" & sleep 0.2; echo done');
    const exit = await flood.exited;
    await flood.endRest!();
    flood.stopReading();
    expect(exit.exitCode).toBe(0);
    expect(flood.output()).toContain('done\n');
    expect(await run('echo new')).toMatchObject({ output: 'new\n' });
  });

  it('gives each gate a pipe as the first has found it', async () => {
    const nonBlocking = `node -e "process.stdout.write('x'.repeat(200000))"`;
    const env = { PATH: `${join(process.execPath, '..')}:${before.PATH}` };
    expect((await run(nonBlocking, env)).output.length).toBe(200_000);
    const flags = await run('grep flags /proc/self/fdinfo/1');
    expect(Number.parseInt(flags.output.slice('flags:'.length), 8) & constants.O_NONBLOCK).toBe(0);
    expect((await run(`head -c 500000 /dev/zero`)).output.length).toBe(500_000);
  });

  it('knows whether anything is left', async () => {
    expect((await run('sh -c "sleep 0.05 &"; sleep 0.3')).alone).toBe(true);
    expect((await run('setsid sleep 300 >/dev/null 2>&1 & echo $! > left')).alone).toBe(false);
    const left = workspace.pid('left');
    await until(() => isRunning(left));
    // Nobody has asked to end the rest: another launcher goes on, and the rest goes with this one.
    expect((await run('true')).alone).toBe(true);
    await until(() => !isRunning(left));
  });

  it('kills what is left, in whatever session it is', async () => {
    const held = await start(
      'cd /; env -i setsid sh -c "echo \\$\\$; setsid sleep 300 & echo \\$!; wait" >"$OLDPWD/left" & sleep 0.3',
    );
    expect((await end(held)).alone).toBe(false);
    const left = workspace.read('left').trim().split('\n').map(Number);
    expect(left.map(isRunning)).toEqual([true, true]);
    expect(await held.endRest!()).toBe('none');
    expect(left.map(isRunning)).toEqual([false, false]);
    expect(await run('true')).toMatchObject({ exitCode: 0, alone: true });
  });

  it('starts one program at a time', async () => {
    const held = await start('sleep 0.1');
    expect(await launcher.start(shell('true'), nobody)).toBeUndefined();
    expect(await end(held)).toMatchObject({ exitCode: 0 });
  });

  it('leaves to others what has NUL in it, or is long', async () => {
    expect(await launcher.start(shell('true\0'), nobody)).toBeUndefined();
    expect(await launcher.start(shell(`: ${'x'.repeat(1 << 16)}`), nobody)).toBeUndefined();
  });

  it('fails as the system does, and goes on', async () => {
    const nowhere = { argv: ['/bin/sh'], cwd: `${workspace.tree}/nowhere`, env: {} };
    await expect(launcher.start(nowhere, nobody)).rejects.toMatchObject({ code: 'ENOENT' });
    const nothing = { argv: ['/no/such/program'], cwd: workspace.tree, env: {} };
    const started = await launcher.start(nothing, nobody);
    await expect(started!.exited).rejects.toMatchObject({ code: 'ENOENT' });
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
    const impatient = openLauncher({ patience: 1000 });
    const first = await start('echo $PPID', {}, impatient);
    const stopped = Number((await end(first)).output);
    process.kill(stopped, 'SIGSTOP');
    expect(await impatient.start(shell('true'), nobody)).toBeUndefined();
    expect(isRunning(stopped)).toBe(false);
    const again = await start('echo $PPID; kill -STOP $PPID', {}, impatient);
    await until(() => !isRunning(again.pid));
    again.giveUp!();
    expect(await again.exited).toMatchObject({ exitCode: null, signal: null });
    again.stopReading();
    expect(isRunning(Number(again.output()))).toBe(false);
    const last = await start('echo $PPID', {}, impatient);
    const idle = Number((await end(last)).output);
    process.kill(idle, 'SIGSTOP');
    await impatient.close();
    expect(isRunning(idle)).toBe(false);
  });

  it('hears how a gate ends that takes its own output away', async () => {
    const thieves = 'cat </proc/self/fd/1 >>../stolen &'.repeat(3);
    for (let gate = 0; gate < 3; gate++) {
      const thief = await start(`${thieves} sleep 0.05; exit 3`);
      expect(await thief.exited).toMatchObject({ exitCode: 3, alone: false });
      expect(await thief.endRest!()).toBe('none');
      thief.stopReading();
    }
    expect(readFileSync(join(workspace.root, 'stolen'), 'latin1')).toBe('');
    expect(await run('echo own')).toMatchObject({ output: 'own\n' });
  });

  it('keeps no output of a gate for the next, however large the pipe', async () => {
    const more = await start(
      `perl -e 'fcntl(STDOUT, 1031, 1 << 20); syswrite(STDOUT, "x" x 1e6); syswrite(STDOUT, "end")'; : > done`,
    );
    // So all of it waits in the pipe.
    for (const limit = Date.now() + 5000; !workspace.has('done') && Date.now() < limit; );
    expect((await end(more)).output).toBe(`${'x'.repeat(1_000_000)}end`);
    expect(await run('echo next')).toMatchObject({ output: 'next\n' });
  });

  it('ends what it has started where no answer comes, so that nothing runs twice at once', async () => {
    const [perl, script] = ['perl', 'silent.pl'].map((name) => join(workspace.root, name));
    writeFileSync(script!, LAUNCHER_SCRIPT.replace("answer('held', $$);", ''));
    const command = `shift 2; exec /usr/bin/perl -e "$(cat '${script}')" "$@"`;
    writeFileSync(perl!, `#!/bin/sh\n[ "$1" = -e ] && ${command}\n`, { mode: 0o755 });
    const recordFile = join(workspace.root, 'lane-0');
    const silent = openLauncher({ perl: perl!, recordFile, patience: 2000 });
    expect(await silent.start(shell('echo $$ > pid; exec sleep 300'), nobody)).toBeUndefined();
    expect(isRunning(workspace.pid('pid'))).toBe(false);
    await silent.close();
  });

  it('starts nothing where there is no Perl, one that does not work, or another system', async () => {
    for (const options of [
      { perl: '/no/perl' },
      { perl: '/bin/false' },
      { perl: '/bin/echo' },
      { calls: [] },
    ]) {
      const without = openLauncher(options);
      expect(await without.start(shell('true'), nobody)).toBeUndefined();
      expect(await without.start(shell('true'), nobody)).toBeUndefined();
      await without.close();
    }
  });

  it('is gone once it is closed', async () => {
    const { output } = await run('echo $PPID');
    await launcher.close();
    expect(isRunning(Number(output))).toBe(false);
    expect(await launcher.start(shell('true'), nobody)).toBeUndefined();
  });
});
