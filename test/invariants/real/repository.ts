import { execFileSync } from 'node:child_process';
import { TestRepository } from '../../support/repository';
import { baseFiles, changesOf, nameOf, type Story } from '../story';

export interface StoryRepository {
  readonly repo: TestRepository;
  readonly base: string;
  /** By number of the item. */
  readonly heads: readonly string[];
}

/** The repository of a story, with all branches; `main` is not checked out. */
export function createRepository(story: Story): StoryRepository {
  const repo = TestRepository.create();
  repo.git('config', 'core.logAllRefUpdates', 'always');
  repo.git('checkout', '-q', '--detach');
  let clock = 1_700_000_000;
  const commit = (branch: string, mark: number, from: string, files: Record<string, string | null>) => {
    clock += 60;
    const changes = Object.entries(files).map(([path, content]) =>
      content === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(content)}`,
    );
    return `commit refs/heads/${branch}\nmark :${mark}\ncommitter Tester <tester@example.com> ${clock} +0000\n${data(branch)}from ${from}\n${changes.join('')}\n`;
  };
  const branches = story.items.map(({ adds, deps, isStacked }, item) => {
    const from = isStacked && deps[0] !== undefined ? `:${deps[0] + 2}` : ':1';
    const branch = nameOf(item);
    // A mark stands for its branch, whatever that is.
    if (adds === 'present')
      return `reset refs/heads/${branch}\nfrom :1\n\nalias\nmark :${item + 2}\nto :1\n\n`;
    return commit(branch, item + 2, from, changesOf(story, item));
  });
  const input = commit('main', 1, 'refs/heads/main^0', baseFiles(story)) + branches.join('');
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repo.path, input });
  const refs = repo.git('for-each-ref', '--format=%(refname:short) %(objectname)', 'refs/heads/').split('\n');
  const named = new Map(refs.map((line) => line.split(' ') as [string, string]));
  return { repo, base: named.get('main')!, heads: story.items.map((_, item) => named.get(nameOf(item))!) };
}

const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
