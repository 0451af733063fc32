import { spawnSync } from 'node:child_process';
import { atMost, type Bench } from './row';

export const start = (cli: string): Bench => ({
  name: 'start',
  about: 'Time of `lex-pr --version` against `node -e 0`, in turn.',
  async measure(runs) {
    const time = (args: readonly string[]) => {
      const startedAt = performance.now();
      spawnSync(process.execPath, args);
      return performance.now() - startedAt;
    };
    time([cli, '--version']);
    const ratios = Array.from({ length: Math.max(runs, 15) }, () => {
      const bare = time(['-e', '0']);
      return time([cli, '--version']) / bare;
    });
    return [atMost('lex-pr --version against node -e 0', '×', ratios, 2)];
  },
});
