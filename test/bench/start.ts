import { spawnSync } from 'node:child_process';
import { inTurn, timed } from './in-turn';
import { type Bench, ratio } from './row';

export const start = (cli: string): Bench => ({
  name: 'start',
  about: 'Time of `lex-pr --version` against `node -e 0`.',
  async measure(runs) {
    const run = (args: readonly string[]) => timed(() => spawnSync(process.execPath, args));
    const { ours, theirs } = await inTurn(Math.max(runs, 15), {
      theirs: () => run(['-e', '0']),
      ours: () => run([cli, '--version']),
    });
    return [ratio('lex-pr --version', { ours, theirs, unit: 'ms', peer: 'node -e 0' }, 2)];
  },
});
