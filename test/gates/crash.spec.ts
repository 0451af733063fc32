import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { endProcessGroups, type ProcessRecord } from '../../lib/gates/process-group';
import { isRunning, parentOf, until, Workspace } from './workspace';

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace();
});
afterEach(() => workspace.remove());

/** Runs a gate in a process of its own, which does `onStart` with the `record`; returns it and its record. */
async function coordinate(run: string, onStart: string, isLaunched: boolean) {
  const esbuild = join(dirname(createRequire(__filename).resolve('esbuild/package.json')), 'bin/esbuild');
  const bundle = join(workspace.root, 'run-gate.cjs');
  const entry = resolve(__dirname, 'run-and-launch.ts');
  execFileSync(esbuild, [entry, '--bundle', '--platform=node', `--outfile=${bundle}`, '--log-level=error']);
  const script = join(workspace.root, 'coordinator.cjs');
  const { signal: _, onStart: __, launcher: ___, ...request } = workspace.request(run);
  writeFileSync(
    script,
    `const { openLauncher, runGate } = require('./run-gate.cjs');
     const onStart = (record) => {
       require('node:fs').writeSync(1, JSON.stringify(record));
       ${onStart}
     };
     const launcher = ${isLaunched} ? openLauncher() : undefined;
     runGate({ ...${JSON.stringify(request)}, signal: new AbortController().signal, onStart, launcher });`,
  );
  const coordinator = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(coordinator, 'exit');
  const [text] = await once(coordinator.stdout, 'data');
  return { coordinator, exited, record: JSON.parse(String(text)) as ProcessRecord };
}

describe.each([
  { by: 'a launcher', isLaunched: true },
  { by: 'this process', isLaunched: false },
])('started by $by:', ({ isLaunched }) => {
  it('a gate whose coordinator is killed before the release never runs', async () => {
    const { exited, record } = await coordinate(
      'touch ran',
      `process.kill(process.pid, 'SIGKILL');`,
      isLaunched,
    );
    expect(await exited).toEqual([null, 'SIGKILL']);
    await until(() => !isRunning(record.pid));
    expect(workspace.has('ran')).toBe(false);
  });

  it('a gate whose coordinator was killed while it ran is ended by its record', async () => {
    const left = 'env -i setsid sleep 300 & echo $! > left';
    const run = `${isLaunched ? left : ':'}\n trap '' TERM; sleep 300 & echo $! > child; touch ready; wait; sleep 300`;
    const { coordinator, exited, record } = await coordinate(run, '', isLaunched);
    await until(() => workspace.has('ready'));
    const launcher = parentOf(record.pid);
    coordinator.kill('SIGKILL');
    await exited;
    expect(isRunning(record.pid)).toBe(true);
    expect(await endProcessGroups([record])).toEqual([record]);
    expect([record.pid, workspace.pid('child')].filter(isRunning)).toEqual([]);
    // And with the launcher what had left the group.
    await until(() => !isLaunched || !(isRunning(launcher) || isRunning(workspace.pid('left'))));
  }, 15_000);
});
