import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestRepository } from '../support/repository';

const SCRIPT = `id=\${LEX_PR_ITEM:-integration}
echo $$ >> "$HELD/$id.pids"
while [ -e "$HELD/$id.hold" ]; do sleep 0.02; done`;

/** The same, but it ignores SIGTERM, and so does the child on which it waits. */
const STUBBORN = `trap '' TERM
${SCRIPT.replace('do sleep 0.02', 'do sleep 300 & echo $! >> "$HELD/$id.pids"; wait')}`;

/** Gates that say when they start, by a pid a line in a file of their item, and end when they are let go. */
export class HeldGates {
  private readonly folder: string;
  readonly gate: Record<string, unknown>;

  /** @param options.prints they print something as they end */
  constructor(
    repo: TestRepository,
    options: { readonly stubborn?: boolean; readonly prints?: boolean } = {},
  ) {
    this.folder = join(repo.root, 'held');
    mkdirSync(this.folder);
    const script = options.stubborn === true ? STUBBORN : SCRIPT;
    const run = options.prints === true ? `${script}\necho let go` : script;
    this.gate = { name: 'test', run, cache: 'off', env: { HELD: this.folder } };
  }

  /** @param items names of items; `integration` is the woven commit */
  hold(...items: string[]): void {
    for (const item of items) writeFileSync(join(this.folder, `${item}.hold`), '');
  }

  letGo(...items: string[]): void {
    for (const item of items) rmSync(join(this.folder, `${item}.hold`));
  }

  /** The processes that the gate of an item has started, one a start (a stubborn one: and its child). */
  pids(item: string): number[] {
    const file = join(this.folder, `${item}.pids`);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number) : [];
  }

  /** Resolves once the gates of these items have started so many processes. */
  async started(items: readonly string[], times = 1): Promise<void> {
    await appears(this.folder, () => items.every((item) => this.pids(item).length >= times));
  }
}

/** Resolves once `condition` holds, which is asked whenever something in the folder changes. */
export function appears(folder: string, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, { persistent: false }, look);
    function look() {
      if (!condition()) return;
      watcher.close();
      resolve();
    }
    look();
  });
}

/** Whether a process runs; one that only waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** Resolves once none of the processes runs: the system takes a while to end one that was killed. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await pause(20);
}

/**
 * A git that kills whoever calls it, once, at the first call whose arguments hold a shell pattern: before it does
 * what it was called for, or after; or (`asked`) once it is told the first line of what to do.
 * @returns the search path that has it
 */
export function lethalGit(repo: TestRepository, pattern: string, when: 'before' | 'after' | 'asked'): string {
  const folder = join(repo.root, 'lethal');
  if (when === 'asked') return otherGit(folder, pattern, 'before', 'read -r _; kill -9 $PPID; exit 1');
  return otherGit(folder, pattern, when, 'kill -9 $PPID; exit 1');
}

/** A git that waits, once, at such a call, whatever becomes of whoever called it. */
export function pausingGit(repo: TestRepository, pattern: string, when: 'before' | 'after') {
  const folder = join(repo.root, 'pausing');
  return { path: otherGit(folder, pattern, when, pauseScript(folder)), ...pauseOf(folder) };
}

/** Shell commands that wait in a folder until `pauseOf` lets them go on. */
export const pauseScript = (folder: string) =>
  `echo $$ $PPID > '${folder}/reached'; while [ ! -e '${folder}/go-on' ]; do sleep 0.02; done`;

export function pauseOf(folder: string) {
  const reached = join(folder, 'reached');
  const pids = () => (existsSync(reached) ? readFileSync(reached, 'utf8').trim().split(' ').map(Number) : []);
  return {
    reached: () => appears(folder, () => pids().length === 2),
    goOn: () => writeFileSync(join(folder, 'go-on'), ''),
    /** Resolves once the process that waited, and the one that called it, are gone; the latter was killed, or ends as well. */
    async over(): Promise<void> {
      await gone(pids());
    },
  };
}

/** A git in a new folder that does something else first, or afterwards, once. @returns the search path that has it */
function otherGit(folder: string, pattern: string, when: 'before' | 'after', act: string): string {
  const armed = join(folder, 'armed');
  const git = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  mkdirSync(folder);
  writeFileSync(armed, '');
  const script = `#!/bin/sh
case "$*" in
*${pattern.replaceAll(' ', '\\ ')}*) if rm '${armed}' 2>/dev/null; then
  if [ ${when} = after ]; then
    '${git}' "$@"
    code=$?
    ${act}
    exit $code
  fi
  ${act}
fi ;;
esac
exec '${git}' "$@"
`;
  writeFileSync(join(folder, 'git'), script, { mode: 0o755 });
  return `${folder}${delimiter}${process.env.PATH}`;
}
