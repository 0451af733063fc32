import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HeldGates } from '../e2e/held-gates';
import { makeBare, plantHook } from '../merge/landing-world';
import { type Merged, type PlanDocument, readMerged, runCli, startCli, writePlan } from '../support/cli';
import type { TestRepository } from '../support/repository';

/**
 * Cases that other merge queues have published, as tests or as incidents, restated as behaviour of lex-pr. Each spec
 * says which; docs/safety.md has the whole list. They look at refs, commits and report only, never inside.
 */

/** A run that goes on; what it writes is beside the repository, in a folder of its name. */
export interface Started {
  readonly child: ReturnType<typeof startCli>['child'];
  end(): Promise<Merged>;
}

export interface StartOptions {
  /** Names the plan file and the artifact folder of the run. */
  readonly name?: string;
  readonly cwd?: string;
  readonly command?: 'merge' | 'resume';
}

/** Starts `lex-pr merge --execute` of a plan, or the resume of the last run, as a process to talk to. */
export function startPlan(repo: TestRepository, plan: PlanDocument, options: StartOptions = {}): Started {
  const { args, cwd, folder } = commandFor(repo, plan, options);
  const { child, ended } = startCli(args, { cwd });
  return { child, end: async () => readMerged(plan, folder, await ended) };
}

/** The same to its end. */
export async function runPlan(repo: TestRepository, plan: PlanDocument, options: StartOptions = {}) {
  const { args, cwd, folder } = commandFor(repo, plan, options);
  return readMerged(plan, folder, await runCli(args, { cwd }));
}

function commandFor(repo: TestRepository, plan: PlanDocument, options: StartOptions) {
  const { name = 'plan', cwd = repo.path, command = 'merge' } = options;
  const folder = join(repo.root, `artifacts of ${name}`);
  mkdirSync(folder, { recursive: true });
  const path = writePlan(repo, plan, `${name}.json`);
  const args = command === 'merge' ? ['merge', path, '--execute'] : ['resume'];
  return { args: [...args, '--artifact-dir', folder], cwd, folder };
}

/** Resolves once the run has said these words; to be called as soon as it has been started. */
export function says({ child }: Started, words: string): Promise<void> {
  let said = '';
  return new Promise((resolve) => {
    child.stderr!.on('data', (chunk) => {
      said += chunk;
      if (said.includes(words)) resolve();
    });
  });
}

/**
 * Gates that can be held and are counted, and that fail on a tree with the file `broken`. They are not cached, so
 * each run of one is seen.
 */
export class CountedGates extends HeldGates {
  readonly gates = [{ ...this.gate, run: `${this.gate.run}\n! test -e broken` }];

  /** How often the gate of each of these has started; `integration` is the woven commit. */
  runs(...items: string[]): number[] {
    return items.map((item) => this.pids(item).length);
  }
}

/** Makes branches from `main`, or from the first of its dependencies, each with a file of its name. */
export function branchesFor(
  repo: TestRepository,
  items: readonly { readonly name: string; readonly deps?: readonly string[] }[],
  broken: readonly string[] = [],
): void {
  for (const { name, deps = [] } of items) {
    const files = { [name]: '1\n', ...(broken.includes(name) && { broken: `${name}\n` }) };
    repo.branch(name, files, deps[0]);
  }
}

/** A bare clone that serves as the remote. */
export function makeRemote(repo: TestRepository) {
  const { path, url } = makeBare(repo);
  const git = (...args: string[]) => repo.git(`--git-dir=${path}`, ...args);
  return {
    path,
    url,
    git,
    refs: () => git('for-each-ref').split('\n'),
    hook: (name: string, script: string) => plantHook(join(path, 'hooks'), name, script),
  };
}

/** The files at the top of a commit. */
export const filesOf = (repo: Pick<TestRepository, 'git'>, commit = 'main') =>
  repo.git('ls-tree', '--name-only', commit).split('\n');

/** The items that have landed on `main`, a name a commit, oldest first. */
export const landedOn = (repo: Pick<TestRepository, 'git'>) =>
  repo
    .git('log', '--reverse', '--format=%(trailers:key=Lex-PR-Item,valueonly)', 'main')
    .split('\n')
    .filter((line) => line !== '');
