import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWorkspace } from '../../lib/engine/git-workspace';
import { type Tip, weaveItem } from '../../lib/merge/weave';
import { inTurn, timed } from './in-turn';
import { inWorkspace } from './in-workspace';
import { type BenchRepository, createRepository, runGit } from './repository';
import { type Bench, ratio } from './row';

const FILES = 5000;
const FOLDERS = 50;
const COUNT = 200;
/** Each takes long, and the last as long as the first. */
const MERGED = 50;

export const weave: Bench = {
  name: 'weave',
  about: `${COUNT} branches, each adding a file to a repository of ${FILES.toLocaleString('en')}, woven: against a process of \`git merge-tree\` and one of \`git commit-tree\` each, and against a \`git merge\` each in a work tree, both in a shell's loop. All start in a new clone, which is not counted.`,
  async measure(runs) {
    const branches = Array.from({ length: COUNT }, (_, k) => ({
      name: `item-${k}`,
      file: `base/${k % FOLDERS}/item-${k}`,
    }));
    const repository = createRepository(FILES, branches);
    const heads = branches.map(({ name }) => runGit(repository.path, ['rev-parse', name]));
    const base = runGit(repository.path, ['rev-parse', 'main']);
    const trees = new Set<string>();
    const { processes, merges, ours } = await inTurn(runs, {
      processes: () => inClone(repository, ['--bare'], PROCESSES, heads, (tree) => trees.add(tree)),
      merges: () => inClone(repository, [], MERGES, heads.slice(0, MERGED)),
      ours: async () => {
        const woven = await inWorkspace(repository, (workspace) => weaveAll(workspace, base, heads));
        trees.add(woven.result);
        return woven.seconds;
      },
    });
    if (trees.size !== 1) throw new Error(`the weaves have different trees: ${[...trees].join(', ')}`);
    const against = { ours, theirs: processes, unit: 's', peer: 'git merge-tree and commit-tree' };
    const each = (seconds: readonly number[], count: number) =>
      seconds.map((figure) => (1000 * figure) / count);
    const aBranch = {
      ours: each(ours, COUNT),
      theirs: each(merges, MERGED),
      unit: 'ms',
      peer: 'git merge',
    };
    return [
      ratio(`weaving ${COUNT} branches`, against, 0.4),
      ratio(`weaving a branch, against ${MERGED} merges in a work tree`, aBranch),
    ];
  },
};

const PROCESSES = `tip=HEAD
for head; do
  tree=$(git merge-tree --write-tree $tip $head) || exit
  tip=$(git commit-tree $tree -p $tip -p $head -m "Merge $head") || exit
done
git rev-parse $tip^{tree}`;

const MERGES = `for head; do git merge -q --no-ff --no-edit $head || exit; done
git rev-parse HEAD^{tree}`;

/** @param onTree gets the tree that the script prints. @returns seconds of the script in a clone with objects of its own */
async function inClone(
  { root, path }: BenchRepository,
  options: readonly string[],
  script: string,
  heads: readonly string[],
  onTree: (tree: string) => void = () => {},
): Promise<number> {
  const clone = mkdtempSync(join(root, 'clone-'));
  runGit(root, ['clone', '-q', '--shared', ...options, path, clone]);
  const identity = { NAME: 'Bench', EMAIL: 'bench@example.com' };
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  for (const [key, value] of Object.entries(identity))
    env[`GIT_AUTHOR_${key}`] = env[`GIT_COMMITTER_${key}`] = value;
  const ms = await timed(() => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...heads], {
      cwd: clone,
      env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`a script of git commands ended with ${status}: ${stderr}`);
    onTree(stdout.trim());
  });
  return ms / 1000;
}

/** @returns the tree of the weave */
async function weaveAll(
  { repository: git, merge, commits }: GitWorkspace,
  base: string,
  heads: readonly string[],
): Promise<string> {
  const committer = { name: 'Bench', email: 'bench@example.com', seconds: 1_700_000_000, offset: '+0000' };
  const context = { git, merge, commits, strategy: 'merge', runId: 'bench', base, committer } as const;
  let tip: Tip = { chain: base, linear: base };
  for (const [k, head] of heads.entries()) {
    const name = `item-${k}`;
    const result = await weaveItem(context, tip, { name, branch: name, head });
    if (result.kind !== 'woven') throw new Error(`${name} is not woven: ${result.kind}`);
    tip = result.tip;
  }
  return tip.tree!;
}
