import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A repository with `items` branches of one file each, every third on top of another, and a plan for them.
 * @returns the folder of both, and how to write a plan with given performance settings
 */
export function layeredRepository(items: number, workers: number) {
  const root = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
  const repository = join(root, 'repository');
  mkdirSync(repository);
  git(repository, ['init', '-q', '-b', 'main']);
  const name = (item: number) => `change-${item}`;
  const dep = (item: number) => (item % 3 === 2 ? (item - 1) / 2 - 0.5 : -1);
  const commit = (ref: string, from: string, file: string) =>
    [
      `commit ${ref}`,
      'committer Bench <bench@example.com> 1700000000 +0000',
      'data 6\nchange',
      ...(from === '' ? [] : [from]),
      `M 644 inline ${file}`,
      'data 2\nx\n',
    ].join('\n');
  const base = Array.from(
    { length: 200 },
    (_, file) => `M 644 inline base/${file % 10}/${file}\ndata 2\nx\n`,
  );
  const stream = [`${commit('refs/heads/main', '', 'README')}\n${base.join('\n')}`];
  for (let item = 0; item < items; item++) {
    const below = dep(item);
    const from = `from refs/heads/${Number.isInteger(below) && below >= 0 ? name(below) : 'main'}`;
    stream.push(commit(`refs/heads/${name(item)}`, from, `changes/${item}`));
  }
  git(repository, ['fast-import', '--quiet'], `${stream.join('\n')}\n`);
  const planItems = Array.from({ length: items }, (_, item) => {
    const below = dep(item);
    return { name: name(item), deps: Number.isInteger(below) && below >= 0 ? [name(below)] : [] };
  });
  const writePlan = (file: string, performance: Record<string, unknown>) => {
    const path = join(root, file);
    const policy = { maxWorkers: workers, performance };
    const gates = [{ name: 'test', run: 'true' }];
    writeFileSync(
      path,
      JSON.stringify({ schemaVersion: 'v1', target: 'main', repository, policy, gates, items: planItems }),
    );
    return path;
  };
  return { root, repository, writePlan };
}

function git(cwd: string, args: readonly string[], input?: string): void {
  const done = spawnSync('git', args, {
    cwd,
    input,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  });
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`);
}
