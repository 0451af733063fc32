import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcessGroups, killProcessGroups, type ProcessRecord } from '../../lib/gates/process-group';
import { hasRunningMember, startTimeOf } from '../../lib/gates/process-table';
import { isRunning, until, Workspace } from './workspace';

let workspace: Workspace;
const children: ChildProcess[] = [];
beforeEach(() => {
  workspace = new Workspace();
});
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  workspace.remove();
});

/** A process that leads its own group, recorded. */
function lead(...command: [string, ...string[]]): { child: ChildProcess; record: ProcessRecord } {
  const [name, ...args] = command;
  const child = spawn(name, args, { detached: true, stdio: 'ignore', cwd: workspace.tree });
  children.push(child);
  const pid = child.pid!;
  return { child, record: { pid, processGroup: pid, startTime: startTimeOf(pid)! } };
}

describe('ending the groups of a dead run', () => {
  it('ends a group with children that ignore SIGTERM, and one that does not, at once', async () => {
    const stubborn = lead('/bin/sh', '-c', `trap '' TERM; sleep 300 & echo $! > child; touch ready; wait`);
    const polite = lead('sleep', '300');
    await until(() => workspace.has('ready'));
    const records = [stubborn.record, polite.record];
    expect(await endProcessGroups(records)).toEqual(records);
    expect([...records.map(({ pid }) => pid), workspace.pid('child')].filter(isRunning)).toEqual([]);
  }, 15_000);

  it('leaves alone a process that has the pid, but started at another time', async () => {
    const { child, record } = lead('sleep', '300');
    const stranger = { ...record, startTime: startTimeOf(process.pid)! };
    expect(await endProcessGroups([stranger])).toEqual([]);
    killProcessGroups([stranger]);
    expect(child.signalCode).toBeNull();
    expect(isRunning(child.pid!)).toBe(true);
    killProcessGroups([record]);
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  it('leaves alone what it cannot verify: a pid that is gone, a group that the pid does not lead', async () => {
    const { child, record } = lead('/bin/sh', '-c', 'sleep 300 & echo $! > child; exit 0');
    await once(child, 'exit');
    expect(await endProcessGroups([record])).toEqual([]);
    const orphan = workspace.pid('child');
    expect(isRunning(orphan)).toBe(true);
    process.kill(orphan, 'SIGKILL');

    const other = lead('sleep', '300');
    const self = { pid: process.pid, processGroup: other.record.pid, startTime: startTimeOf(process.pid)! };
    expect(await endProcessGroups([self])).toEqual([]);
    expect(isRunning(other.record.pid)).toBe(true);
  });

  it('does not report a process that has ended and only waits to be reaped', async () => {
    // The parent becomes `sleep`, which reaps nobody.
    lead(
      '/bin/sh',
      '-c',
      `setsid sh -c 'echo $$ > child; while [ ! -e end ]; do sleep 0.01; done' & exec sleep 300`,
    );
    await until(() => workspace.has('child') && workspace.read('child') !== '');
    const pid = workspace.pid('child');
    const record = { pid, processGroup: pid, startTime: startTimeOf(pid)! };
    execFileSync('touch', [join(workspace.tree, 'end')]);
    await until(() => !isRunning(pid));
    expect(startTimeOf(pid)).toBe(record.startTime);
    expect(await endProcessGroups([record])).toEqual([]);
  });
});

describe('the process table', () => {
  it('reads processes whose name holds spaces and parentheses', async () => {
    const program = join(workspace.root, 'a) R 1 (b');
    copyFileSync('/bin/sleep', program);
    const { child, record } = lead(program, '300');
    expect(record.startTime).toMatch(/^[0-9a-f-]+\/\d+$/);
    expect(ticks(record.startTime)).toBeGreaterThanOrEqual(ticks(startTimeOf(process.pid)!));
    expect(hasRunningMember(child.pid!)).toBe(true);
  });

  it('tells the same start time as long as the process lives, and none afterwards', async () => {
    const { child, record } = lead('sleep', '300');
    expect(startTimeOf(child.pid!)).toBe(record.startTime);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(startTimeOf(child.pid!)).toBeUndefined();
    expect(hasRunningMember(child.pid!)).toBe(false);
  });
});

const ticks = (startTime: string) => Number(startTime.split('/').at(-1));
