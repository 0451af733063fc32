import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from './in-turn';
import type { BenchRepository } from './repository';

/**
 * What a run does at least, by git's own commands: the refs once; a candidate of each branch, its tree written into the work
 * tree of a lane, `true` there; the weave of all, which is tested as well, and named. Without records, process groups, time
 * limits, cache and report, and believing that a gate changes no file.
 */
const SCRIPT = `set -e
repository=$1 home=$2 lanes=$3
export GIT_DIR="$repository/.git" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=b GIT_AUTHOR_EMAIL=b@example.com GIT_COMMITTER_NAME=b GIT_COMMITTER_EMAIL=b@example.com
git for-each-ref --format='%(objectname) %(refname)' refs/heads/ >"$home/refs"
base=$(grep ' refs/heads/main$' "$home/refs"); base=\${base%% *}
merged() {
  tree=$(git merge-tree --write-tree "$1" "$2")
  commit=$(git commit-tree -p "$1" -p "$2" -m merge "$tree")
}
tested() {
  cd "$home/$1/tree"
  GIT_WORK_TREE=. GIT_INDEX_FILE="$home/$1/index" git read-tree --reset -u "$tree"
  sh -c true >"$home/$1/log" 2>&1 </dev/null
}
lane() {
  n=0
  while read -r head ref; do
    [ "$ref" = refs/heads/main ] && continue
    n=$((n + 1))
    [ $((n % lanes)) = "$1" ] || continue
    merged "$base" "$head"
    tested "$1"
  done <"$home/refs"
}
for k in $(seq 0 $((lanes - 1))); do lane "$k" & done
wait
tip=$base
while read -r head ref; do
  [ "$ref" = refs/heads/main ] && continue
  merged "$tip" "$head"
  tip=$commit
done <"$home/refs"
tested 0
git update-ref refs/woven "$tip"
`;

/** Runs of that script, of which all but the first find work trees that are there already; they go with the repository. */
export function createShellRun({ root, path }: BenchRepository, lanes: number) {
  const home = mkdtempSync(join(root, 'shell-'));
  for (let lane = 0; lane < lanes; lane += 1)
    mkdirSync(join(home, String(lane), 'tree'), { recursive: true });
  return {
    /** @returns how long it took, in ms @throws Error when a command fails */
    run: () =>
      timed(() => {
        const done = spawnSync('sh', ['-c', SCRIPT, 'sh', path, home, String(lanes)], { encoding: 'utf8' });
        if (done.status !== 0) throw new Error(`the script failed: ${done.stderr}`);
      }),
  };
}
