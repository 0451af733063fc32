import type { GitWorkspace } from '../../../lib/engine/git-workspace';
import { fenceRef } from '../../../lib/merge/fence';
import type { CommitStore } from '../../../lib/repository/commits';
import type { Evidence, TargetMove } from '../evidence';
import { baseFiles, changesOf, nameOf, type Story } from '../story';
import { MemoryGit } from './git';
import { MemoryRepository } from './repository';
import type { Actor, Schedule } from './schedule';

export const TARGET = 'refs/heads/main';

/** The repository of a story, with all that its refs have named. */
export interface World {
  readonly repository: MemoryRepository;
  readonly base: string;
  /** By number of the item. */
  readonly heads: readonly string[];
  readonly target: TargetMove[];
  readonly fence: Evidence['fence'][number][];
  /** Somebody who is none of lex-pr moves a ref. */
  move(ref: string, to: string | undefined): void;
  /** The repository as one process of lex-pr has it. */
  open(actor: Actor): GitWorkspace;
}

export function createWorld(story: Story, schedule: Schedule): World {
  const repository = new MemoryRepository();
  const base = repository.change([], baseFiles(story), 'base');
  const heads: string[] = [];
  story.items.forEach(({ adds, deps, isStacked }, item) => {
    const from = isStacked && deps[0] !== undefined ? heads[deps[0]]! : base;
    heads.push(
      adds === 'present' ? base : repository.change([from], changesOf(story, item), `change ${nameOf(item)}`),
    );
    repository.refs.set(branchOf(item), heads[item]!);
  });
  repository.refs.set(TARGET, base);
  const target: TargetMove[] = [{ commit: base }];
  const fence: World['fence'] = [];
  const movedHeads = () =>
    story.items.flatMap((_, item) =>
      repository.refs.get(branchOf(item)) === heads[item] ? [] : [nameOf(item)],
    );

  return {
    repository,
    base,
    heads,
    target,
    fence,
    move(ref, to) {
      if (to === undefined) repository.refs.delete(ref);
      else repository.refs.set(ref, to);
      if (ref === TARGET) target.push({ commit: to! });
    },
    open(actor) {
      // Who moves the target knows what he has last seen.
      let moved: readonly string[] = [];
      const git = new MemoryGit(repository, (what) => schedule.pause(actor, what), {
        onList() {
          moved = movedHeads();
        },
        onPush(updates) {
          const act = updates.find(({ ref }) => ref === fenceRef('main'));
          const { message } = repository.read(act!.after);
          const run = /^run: (.*)$/m.exec(message)![1]!;
          fence.push({ run, act: /^act: (.*)$/m.exec(message)![1]! });
          const landing = updates.find(({ ref }) => ref === TARGET);
          if (landing) target.push({ commit: landing.after, run, movedHeads: moved });
        },
      });
      return {
        source: { kind: 'remote', url: 'memory:', objectFormat: 'sha1', env: {} },
        repository: git,
        commits: commitStore(repository),
        merge: async (ours, theirs) => repository.merge(ours, theirs),
        listTree: () => Promise.reject(new Error('there are no work trees here')),
      };
    },
  };
}

export const branchOf = (item: number) => `refs/heads/${nameOf(item)}`;

const commitStore = (repository: MemoryRepository): CommitStore => ({
  read: async (id) => repository.read(id),
  write: async (commit) => repository.commit(commit),
});
