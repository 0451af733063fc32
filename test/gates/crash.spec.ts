import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { endProcessGroups } from '../../lib/gates/process-group';
import { isRunning, parentOf, until, Workspace } from './workspace';

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace();
});
afterEach(() => workspace.remove());

/** Runs a gate in a process of its own, which does `onStart` with the record of what it has started itself. */
async function coordinate(run: string, onStart: string, isLaunched: boolean) {
  const esbuild = join(dirname(createRequire(__filename).resolve('esbuild/package.json')), 'bin/esbuild');
  const bundle = join(workspace.root, 'run-gate.cjs');
  const entry = resolve(__dirname, 'run-and-launch.ts');
  execFileSync(esbuild, [entry, '--bundle', '--platform=node', `--outfile=${bundle}`, '--log-level=error']);
  const script = join(workspace.root, 'coordinator.cjs');
  const { signal: _, onStart: __, launcher: ___, ...request } = workspace.request(run);
  writeFileSync(
    script,
    `const { openLauncher, openProcessRecords, runGate } = require('./run-gate.cjs');
     const records = openProcessRecords(${JSON.stringify(join(workspace.root, 'processes'))});
     const onStart = (record) => {
       records.add(record);
       ${onStart}
     };
     const launcher = ${isLaunched} ? openLauncher({ recordFile: records.fileOf(0) }) : undefined;
     runGate({ ...${JSON.stringify(request)}, signal: new AbortController().signal, onStart, launcher });`,
  );
  const coordinator = spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] });
  const exited = once(coordinator, 'exit');
  return { coordinator, exited };
}

const recorded = () => workspace.started[0]!;

it('a gate whose coordinator is killed before the release never runs', async () => {
  const { exited } = await coordinate('touch ran', `process.kill(process.pid, 'SIGKILL');`, false);
  expect(await exited).toEqual([null, 'SIGKILL']);
  await until(() => !isRunning(recorded().pid));
  expect(workspace.has('ran')).toBe(false);
});

it.each([
  { by: 'a launcher', isLaunched: true },
  { by: 'its coordinator', isLaunched: false },
])(
  'a gate started by $by that was killed while it ran is ended by its record',
  async ({ isLaunched }) => {
    const left = 'env -i setsid sleep 300 & echo $! > left';
    const run = `${isLaunched ? left : ':'}\n trap '' TERM; sleep 300 & echo $! > child; touch ready; wait; sleep 300`;
    const { coordinator, exited } = await coordinate(run, '', isLaunched);
    await until(() => workspace.has('ready'));
    const record = recorded();
    const launcher = parentOf(record.pid);
    coordinator.kill('SIGKILL');
    await exited;
    expect(isRunning(record.pid)).toBe(true);
    expect(await endProcessGroups([record])).toEqual([record]);
    expect([record.pid, workspace.pid('child')].filter(isRunning)).toEqual([]);
    // And with the launcher what had left the group.
    await until(() => !isLaunched || !(isRunning(launcher) || isRunning(workspace.pid('left'))));
  },
  15_000,
);
