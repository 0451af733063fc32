import { openGitWorkspace } from '../../lib/engine/git-workspace';
import { performMerge } from '../../lib/engine/merge-work';
import type { OrderedPlan } from '../../lib/plan/order';
import { openHome } from '../../lib/repository/home';
import { openSource } from '../../lib/repository/source';
import type { RunRecord } from '../../lib/run/record';
import { TestRepository } from '../support/repository';

it('a batch leaves out what depends on an item of it in conflict, also where that would merge', async () => {
  const repo = TestRepository.create();
  repo.branch('first', { shared: 'first\n' });
  repo.branch('middle', { shared: 'middle\n' });
  repo.branch('apart', { apart: '1\n' });
  repo.branch('far', { far: '1\n' });
  repo.branch('other', { other: '1\n' });
  const source = await openSource(repo.path);
  const workspace = await openGitWorkspace(await openHome(repo.root), source);
  const names = ['first', 'middle', 'apart', 'far', 'other'];
  const base = repo.git('rev-parse', 'main');
  const record = {
    id: 'run',
    base,
    heads: names.map((name) => ({ sha: repo.git('rev-parse', name) })),
    plan: { policy: { mergeStrategy: 'merge' } },
    committer: { name: 'n', email: 'e' },
    startedAt: 0,
  } as unknown as RunRecord;
  const ordered = {
    items: names.map((name) => ({ name, branch: name })),
    deps: [[], [], [1], [2], [0]],
  } as unknown as OrderedPlan;
  const tip = { chain: base, linear: base };
  const work = { kind: 'merge', base, tip, items: [0, 1, 2, 3, 4], untested: [] } as const;
  try {
    const results = await performMerge(workspace, record, ordered, work);
    expect(results.map(({ item, result }) => [names[item], result.kind])).toEqual([
      ['first', 'woven'],
      ['middle', 'conflict'],
      ['other', 'woven'],
    ]);
  } finally {
    await workspace.close();
    repo.remove();
  }
});
