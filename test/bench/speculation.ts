import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestRepository } from '../support/repository';
import { atMost, type Bench } from './row';
import { runCli } from './run-cli';

const LENGTH = 50;
const WORKERS = 16;

/** A chain of 50 gates of one second needs 50 s one after another, and 4 s on 16 workers. */
export const speculation = (cli: string): Bench => ({
  name: 'speculation',
  about: `A chain of ${LENGTH} items with gates of one second on ${WORKERS} workers: \`speculation: deps\` against \`off\`.`,
  async measure(runs, note) {
    const repo = TestRepository.create();
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
    try {
      const names = Array.from({ length: LENGTH }, (_, k) => `c${k}`);
      repo.branches(names.map((name, k) => (k === 0 ? { name } : { name, from: names[k - 1]! })));
      const measure = async (mode: 'off' | 'deps') => {
        const plan = join(folder, `${mode}.json`);
        const items = names.map((name, k) => ({ name, deps: k === 0 ? [] : [names[k - 1]!] }));
        const gates = [{ name: 'test', run: 'sleep 1', cache: 'off' }];
        const policy = { speculation: mode, maxWorkers: WORKERS, integration: 'none' };
        writeFileSync(
          plan,
          JSON.stringify({
            schemaVersion: 'v1',
            repository: repo.path,
            target: 'main',
            gates,
            items,
            policy,
          }),
        );
        return (await runCli(cli, ['merge', plan, '--json'], repo.path)).ms;
      };
      // Each run of the peer takes most of a minute.
      const ratios: number[] = [];
      const ahead: number[] = [];
      for (let turn = 0; turn < Math.min(runs, 2); turn++) {
        note(`turn ${turn + 1}`);
        const off = await measure('off');
        const deps = await measure('deps');
        ahead.push(deps / 1000);
        ratios.push(deps / off);
      }
      const bound = Math.ceil(LENGTH / WORKERS);
      return [
        atMost('chain of 50, speculation against none', '×', ratios, 0.2),
        atMost('chain of 50, speculation', 's', ahead, 1.75 * bound, bound),
      ];
    } finally {
      rmSync(folder, { recursive: true });
      repo.remove();
    }
  },
});
