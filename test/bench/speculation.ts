import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestRepository } from '../support/repository';
import { inTurn } from './in-turn';
import { type Bench, ratio } from './row';
import { runCli } from './run-cli';

const LENGTH = 50;
const WORKERS = 16;
const SECONDS = 0.5;

/** A chain of 50 gates of half a second needs 25 s one after another, and 2 s on 16 workers. */
export const speculation = (cli: string): Bench => ({
  name: 'speculation',
  about: `A chain of ${LENGTH} items with gates of ${SECONDS} s on ${WORKERS} workers: \`speculation: deps\` against \`off\`.`,
  async measure(runs) {
    const repo = TestRepository.create();
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
    try {
      const names = Array.from({ length: LENGTH }, (_, k) => `c${k}`);
      repo.branches(names.map((name, k) => (k === 0 ? { name } : { name, from: names[k - 1]! })));
      const measure = async (mode: 'off' | 'deps') => {
        const plan = join(folder, `${mode}.json`);
        const items = names.map((name, k) => ({ name, deps: k === 0 ? [] : [names[k - 1]!] }));
        const gates = [{ name: 'test', run: `sleep ${SECONDS}`, cache: 'off' }];
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
        return (await runCli(cli, ['merge', plan, '--json'], repo.path)).ms / 1000;
      };
      const { off, deps } = await inTurn(
        runs,
        { off: () => measure('off'), deps: () => measure('deps') },
        { warmUp: false },
      );
      const bound = Math.ceil(LENGTH / WORKERS) * SECONDS;
      return [
        ratio(
          'chain of 50, speculation',
          { ours: deps, theirs: off, unit: 's', peer: 'without speculation' },
          0.2,
        ),
        ratio(
          'chain of 50, speculation, against the bound',
          { ours: deps, theirs: deps.map(() => bound), unit: 's', peer: 'items ÷ workers' },
          1.75,
        ),
      ];
    } finally {
      rmSync(folder, { recursive: true });
      repo.remove();
    }
  },
});
