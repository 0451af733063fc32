import { spawnSync } from 'node:child_process';
import type { GitWorkspace } from '../../lib/engine/git-workspace';
import { type Candidate, createCandidates } from '../../lib/merge/candidate';
import { randomFrom } from '../../lib/prediction/random';
import { inTurn, timed } from './in-turn';
import { inWorkspace } from './in-workspace';
import { createRepository, runGit } from './repository';
import { atMost, type Bench, ratio } from './row';

const FILES = 5000;
const FOLDERS = 50;
const LAYERS = 10;
const WIDTH = 20;
const DEPS = 3;
const COUNT = LAYERS * WIDTH;

export const candidates: Bench = {
  name: 'candidates',
  about: `The candidates of ${COUNT} items in ${LAYERS} layers, each item with ${DEPS} dependencies in the layer before and a branch that adds a file to a repository of ${FILES.toLocaleString('en')}: made and written, against one process of \`git merge-tree --stdin\` that makes the same merges, all of which it finds written, and writes no commit.`,
  async measure(runs) {
    const deps = layeredDeps();
    const branches = deps.map((_, k) => ({ name: `item-${k}`, file: `base/${k % FOLDERS}/item-${k}` }));
    const repository = createRepository(FILES, branches);
    const heads = branches.map(({ name }) => runGit(repository.path, ['rev-parse', name]));
    const base = runGit(repository.path, ['rev-parse', 'main']);
    const { pair } = await inTurn(runs, {
      pair: () =>
        inWorkspace(repository, async (workspace) => {
          let made: readonly string[] = [];
          const ours = await timed(async () => {
            made = await makeCandidates(workspace, base, heads, deps);
          });
          const merges = mergesOf(workspace, made, [base, ...heads]);
          return { ours, theirs: await timed(() => mergeAll(workspace, merges)) };
        }),
    });
    const ours = pair.map(({ result }) => result.ours / 1000);
    const theirs = pair.map(({ result }) => result.theirs / 1000);
    const name = `candidates of ${COUNT} items in ${LAYERS} layers`;
    return [
      atMost(name, 's', ours, 1),
      ratio(`${name} against their merges by git`, {
        ours,
        theirs,
        unit: 's',
        peer: 'git merge-tree --stdin',
      }),
    ];
  },
};

/** Of each item, as positions in the order: the layers one after another. */
function layeredDeps(): number[][] {
  const random = randomFrom(1);
  return Array.from({ length: COUNT }, (_, item) => {
    const before = Math.floor(item / WIDTH) * WIDTH - WIDTH;
    const deps = new Set<number>();
    while (before >= 0 && deps.size < DEPS) deps.add(before + Math.floor(random() * WIDTH));
    return [...deps].sort((a, b) => a - b);
  });
}

/** All at once, as the function does that prepares a run on AWS. @returns commits */
async function makeCandidates(
  { repository: git, merge, commits, objects }: GitWorkspace,
  base: string,
  heads: readonly string[],
  deps: readonly (readonly number[])[],
): Promise<string[]> {
  const all = createCandidates({ git, merge, commits, objects, base, heads, deps });
  const made = await Promise.all(heads.map((_, position) => all.of(position)));
  return made.map(commitOf);
}

function commitOf(candidate: Candidate): string {
  if (candidate.kind !== 'clean') throw new Error(`a candidate is ${candidate.kind}`);
  return candidate.commit;
}

/** Both parents of each commit that the candidates have beyond what they are made of, as git is asked to merge them. */
function mergesOf(
  { repository }: GitWorkspace,
  made: readonly string[],
  given: readonly string[],
): readonly string[] {
  const revisions = [...made, ...given.map((commit) => `^${commit}`)].join('\n');
  const listed = runGit(repository.gitDir, ['rev-list', '--parents', '--stdin'], `${revisions}\n`);
  return listed.split('\n').map((line) => line.split(' ').slice(1).join(' '));
}

function mergeAll({ repository }: GitWorkspace, merges: readonly string[]): void {
  const args = ['merge-tree', '--write-tree', '--stdin', '-z', '--name-only', '--no-messages'];
  const { status, stdout } = spawnSync('git', args, {
    cwd: repository.gitDir,
    input: `${merges.join('\n')}\n`,
    maxBuffer: 2 ** 28,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
  const clean = stdout.split('\0').filter((field) => field === '1').length;
  if (status !== 0 || clean !== merges.length) throw new Error('git merge-tree has not merged all');
}
