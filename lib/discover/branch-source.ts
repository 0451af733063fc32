import { openCacheOf } from '../engine/open-cache';
import type { CacheStore } from '../performance/cache-store';
import type { Git } from '../repository/git';
import type { Note } from './note';

/** Where a plan's branches are found. */
export interface BranchSource {
  /** Its branches (`refs/heads`) are those that can be planned. */
  readonly git: Git;
  readonly words: Words;
  /** Hands some work the store in which is remembered what files a branch changes, and what there is to say of it. */
  readonly withFiles: <T>(work: (store: CacheStore, notes: readonly Note[]) => Promise<T>) => Promise<T>;
}

/** How a source is spoken of to whoever can mend something there. */
export interface Words {
  readonly branch: string;
  readonly chooseTarget: string;
  readonly tryPattern: string;
  readonly planToo: (name: string) => string;
  readonly makeBranch: string;
  readonly giveGates: string;
}

/** A repository on this machine, at the command line. @param folder inside it, where the `.lex-pr` folder is */
export const localBranches = (git: Git, folder: string): BranchSource => ({
  git,
  words: {
    branch: 'local branch',
    chooseTarget: 'name a branch of `git branch --list` with --target',
    tryPattern: 'try it with `git branch --list`; quote it, or the shell expands it',
    planToo: (name) => `plan it too, with --branches '${name}'`,
    makeBranch: 'make a local branch of that name, or amend the commit',
    giveGates: "give some with --gate NAME='CMD'",
  },
  async withFiles(work) {
    const { store, notes, close } = await openCacheOf(folder);
    try {
      return await work(store, notes);
    } finally {
      close();
    }
  },
});

/** The branches of a remote, for those who cannot be asked. @param git see `withBranchesOf` */
export const remoteBranches = (git: Git, files: CacheStore): BranchSource => ({
  git,
  words: {
    branch: 'branch',
    chooseTarget: 'name a branch of `git ls-remote --heads` as `target`',
    tryPattern: 'see `git ls-remote --heads`',
    planToo: (name) => `plan it too: let one of \`branches\` match ${name}`,
    makeBranch: 'push a branch of that name, or amend the commit',
    giveGates: 'give some as `gates`',
  },
  withFiles: (work) => work(files, []),
});
