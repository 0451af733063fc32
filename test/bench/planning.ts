import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomFrom } from '../../lib/prediction/random';
import { inTurn, timed } from './in-turn';
import { atMost, type Bench, ratio, shown } from './row';
import { runCli } from './run-cli';

const DEPS = 3;
const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
const YAML_ITEMS = 10_000;

export const planning = (cli: string): Bench => ({
  name: 'planning',
  about: `\`lex-pr merge-order PLAN --json\`, whole command, of plans with ${DEPS} deps an item on random ones of the thousand before; growth, memory, and against Node reading and parsing the same file.`,
  async measure(runs) {
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
    try {
      const files = SIZES.map((items) => writePlan(folder, items, 'json'));
      const yaml = writePlan(folder, YAML_ITEMS, 'yaml');
      const [large] = files.slice(-1) as [string];
      const order = async (file: string) => {
        // What is remembered of the turn before is not to count.
        const place = mkdtempSync(join(folder, 'place-'));
        // With the cache, as in a repository.
        mkdirSync(join(place, '.lex-pr'));
        const { ms, peakMB } = await runCli(cli, ['merge-order', file, '--json'], place);
        return { seconds: ms / 1000, peakMB };
      };
      const turns = await inTurn(
        runs,
        {
          sizes: async () => {
            const all = [];
            for (const file of files) all.push(await order(file));
            return all;
          },
          yaml: () => order(yaml),
          parse: () => timed(() => parse(large)),
        },
        { warmUp: false },
      );
      const seconds = SIZES.map((_, k) => turns.sizes.map((all) => all[k]!.seconds));
      const [, tenThousand, hundredThousand, million] = seconds as [number[], number[], number[], number[]];
      const parsing = turns.parse.map((ms) => ms / 1000);
      const MB = Math.round(statSync(large).size / 2 ** 20);
      const name = (items: number) => `order of ${items.toLocaleString('en')} items from a file`;
      const compared = (theirs: readonly number[], peer: string) => ({ theirs, unit: 's', peer });
      return [
        ...SIZES.slice(0, -1).map((items, k) => shown(name(items), 's', seconds[k]!)),
        atMost(name(1_000_000), 's', million, 8),
        ratio('1,000,000 items', { ours: million, ...compared(hundredThousand, '100,000 items') }, 12),
        ratio(`reading, checking and ordering ${MB} MB`, {
          ours: million,
          ...compared(parsing, 'JSON.parse'),
        }),
        atMost(
          `peak memory for ${MB} MB`,
          'MB',
          turns.sizes.map((all) => all.at(-1)!.peakMB),
          1_000,
        ),
        ratio(`${YAML_ITEMS.toLocaleString('en')} items as YAML`, {
          ours: turns.yaml.map((run) => run.seconds),
          ...compared(tenThousand, 'as JSON'),
        }),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

/** In a process of its own, as ours is. */
function parse(file: string): void {
  const script = `JSON.parse(require('node:fs').readFileSync(${JSON.stringify(file)}, 'utf8'))`;
  const { status } = spawnSync(process.execPath, ['-e', script]);
  if (status !== 0) throw new Error(`parsing exited with ${status}`);
}

/** @returns the path of a plan whose items are listed in no order of their names */
function writePlan(folder: string, items: number, format: 'json' | 'yaml'): string {
  const path = join(folder, `${items}.${format}`);
  const random = randomFrom(items);
  // A prime beyond all numbers, so that every name is there once.
  const name = (k: number) => `change-${(k * 7_919) % 1_000_003}`;
  const file = openSync(path, 'w');
  const head = { schemaVersion: 'v1', target: 'main', gates: [{ name: 'test', run: 'true' }] };
  writeSync(
    file,
    format === 'json'
      ? `${JSON.stringify(head).slice(0, -1)},"items":[\n`
      : `schemaVersion: v1\ntarget: main\ngates:\n  - name: test\n    run: 'true'\nitems:\n`,
  );
  let text = '';
  for (let k = 0; k < items; k += 1) {
    const before = Math.min(k, 1_000);
    const deps = [
      ...new Set(
        Array.from({ length: Math.min(DEPS, k) }, () => name(k - 1 - Math.floor(random() * before))),
      ),
    ];
    const item = { name: name(k), branch: `feature/change-${k}`, deps };
    text +=
      format === 'json'
        ? `${JSON.stringify(item)}${k + 1 < items ? ',' : ''}\n`
        : `  - name: ${item.name}\n    branch: ${item.branch}\n    deps: [${deps.join(', ')}]\n`;
    if (text.length < 1 << 20 && k + 1 < items) continue;
    writeSync(file, text);
    text = '';
  }
  if (format === 'json') writeSync(file, ']}\n');
  closeSync(file);
  return path;
}
