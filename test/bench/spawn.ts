import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gateEnvironment, inheritedEnvironment } from '../../lib/gates/environment';
import { openLauncher, PERL, partsOf, SYSTEM_CALLS } from '../../lib/gates/launcher';
import { requestOf } from '../../lib/gates/launcher-process';
import { LAUNCHER_SCRIPT } from '../../lib/gates/launcher-script';
import { runGate } from '../../lib/gates/run-gate';
import { inTurn, timed } from './in-turn';
import { createRepository } from './repository';
import { type Bench, ratio, unmeasured } from './row';
import { createPlace, makespan } from './run-plan';

const GATES = 2000;
const WORKERS = 16;
const LIMIT = 1.3;

/** One item with many gates: all of them see the same tree. */
const PLAN = {
  policy: { maxWorkers: WORKERS, integration: 'none' },
  items: [
    {
      name: 'change',
      gates: Array.from({ length: GATES }, (_, k) => ({ name: `g${k}`, run: 'true', cache: 'off' })),
    },
  ],
};

export const spawnGates = (cli: string): Bench => ({
  name: 'spawn',
  about: `${GATES} gates \`true\` on one tree and ${WORKERS} workers, each by \`sh -c\` with its output kept, against \`xargs -P ${WORKERS} -n 1 sh -c\` doing the same. Its limits: the lanes' launchers alone, which are told all their gates at once and heard by nobody, and a loop in Node.js that only starts them as gates, without the proof of the work tree, a record of each process, commits and events.`,
  async measure(runs) {
    const version = spawnSync('xargs', ['--version'], { stdio: 'ignore' });
    const name = `${GATES} gates, first start to last end`;
    if (version.error !== undefined)
      return [unmeasured(name, `≤ ${LIMIT} ×`, 'xargs', 'not installed: `apt-get install findutils`')];
    const repository = createRepository(100, [{ name: 'change', file: 'change' }]);
    const place = createPlace(cli, repository);
    const runLaunchers = launchersOf(repository.root);
    const { theirs, alone, loop, ours } = await inTurn(runs, {
      theirs: async () => (await timed(runXargs)) / 1000,
      alone: async () => (await timed(runLaunchers)) / 1000,
      loop: async () => (await timed(() => runLoop(repository.root))) / 1000,
      ours: async () => place.run(PLAN),
    });
    const against = (figures: readonly number[]) => ({ ours: figures, theirs, unit: 's', peer: 'xargs' });
    return [
      ratio(name, against(ours.map(({ report }) => makespan(report))), LIMIT),
      ratio(`${GATES} gates by the launchers alone`, against(alone)),
      ratio(`${GATES} gates in a loop`, against(loop)),
      ratio(`${GATES} gates, against the loop`, {
        ours: ours.map(({ report }) => makespan(report)),
        theirs: loop,
        unit: 's',
        peer: 'loop',
      }),
      ratio(`${GATES} gates, whole command`, against(ours.map(({ seconds }) => seconds))),
    ];
  },
});

function runXargs(): void {
  const { status } = spawnSync('xargs', ['-P', String(WORKERS), '-n', '1', 'sh', '-c'], {
    input: 'true\n'.repeat(GATES),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`xargs ended with ${status}`);
}

/** What starts the gates of all lanes by their launchers, each of which reads its requests from a file. */
function launchersOf(root: string): () => void {
  const folder = mkdtempSync(join(root, 'launchers-'));
  const env = gateEnvironment(inheritedEnvironment(process.env), {}, {});
  const parts = partsOf({ argv: ['/bin/sh', '-c', '--', 'true'], cwd: folder, env });
  for (let lane = 0; lane < WORKERS; lane += 1) {
    const request = requestOf('start', [join(folder, `record-${lane}`), ...parts], 'utf8');
    const requests = Array.from({ length: GATES / WORKERS }, () => request);
    writeFileSync(join(folder, `${lane}`), Buffer.concat(requests));
  }
  const script = `cd "$1"; shift; for lane in $(seq 0 ${WORKERS - 1}); do "$@" <$lane >/dev/null & done; wait`;
  const launcher = [PERL, '-e', LAUNCHER_SCRIPT, ...SYSTEM_CALLS.map(String)];
  return () => {
    const { status } = spawnSync('sh', ['-c', script, 'sh', folder, ...launcher], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`the launchers ended with ${status}`);
  };
}

/** What a gate costs that is started as gates are, in a process group with its output in a log, and nothing else. */
async function runLoop(root: string): Promise<void> {
  const folder = mkdtempSync(join(root, 'loop-'));
  const gate = {
    ...{ name: 'true', run: 'true', cwd: '.', env: {}, timeoutSeconds: 600 },
    ...({ runtime: 'local', artifacts: [], cache: 'off' } as const),
  };
  const { signal } = new AbortController();
  let next = 0;
  const lane = async () => {
    const launcher = openLauncher();
    for (let k = next++; k < GATES; k = next++) {
      const logFile = join(folder, 'logs', `${k}.log`);
      const place = { workTree: folder, logFile, artifactsFolder: folder, variables: {} };
      const { status } = await runGate({ gate, ...place, signal, launcher, onStart() {} });
      if (status !== 'pass') throw new Error(`a gate of the loop has ended as ${status}`);
    }
    await launcher.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, lane));
}
