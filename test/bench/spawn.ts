import { spawnSync } from 'node:child_process';
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
  about: `${GATES} gates \`true\` on one tree and ${WORKERS} workers, each by \`sh -c\` with its output kept, against \`xargs -P ${WORKERS} -n 1 sh -c\` doing the same.`,
  async measure(runs) {
    const version = spawnSync('xargs', ['--version'], { stdio: 'ignore' });
    const name = `${GATES} gates, first start to last end`;
    if (version.error !== undefined)
      return [unmeasured(name, `≤ ${LIMIT} ×`, 'xargs', 'not installed: `apt-get install findutils`')];
    const repository = createRepository(100, [{ name: 'change', file: 'change' }]);
    const place = createPlace(cli, repository);
    try {
      const { theirs, ours } = await inTurn(runs, {
        theirs: async () => (await timed(runXargs)) / 1000,
        ours: async () => place.run(PLAN),
      });
      const against = (figures: readonly number[]) => ({ ours: figures, theirs, unit: 's', peer: 'xargs' });
      return [
        ratio(name, against(ours.map(({ report }) => makespan(report))), LIMIT),
        ratio(`${GATES} gates, whole command`, against(ours.map(({ seconds }) => seconds))),
      ];
    } finally {
      repository.remove();
    }
  },
});

function runXargs(): void {
  const { status } = spawnSync('xargs', ['-P', String(WORKERS), '-n', '1', 'sh', '-c'], {
    input: 'true\n'.repeat(GATES),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`xargs ended with ${status}`);
}
