import { itemOf, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

/** Three branches on top of each other: the first of two commits, the last by somebody else. */
function stack(repo: TestRepository) {
  repo.branch('first', { a: '1\n' }, 'main', 'Add a');
  repo.branch('first', { a: '2\n' }, 'first', 'Change a\n\nBecause.');
  repo.branch('second', { b: '1\n' }, 'first', 'Add b\n\nSigned-off-by: Tester <tester@example.com>');
  repo.git('config', 'user.name', 'Ödön');
  repo.branch('third', { c: '1\n' }, 'second', 'Add c');
  repo.git('config', 'user.name', 'Tester');
  return [{ name: 'third', deps: ['second'] }, { name: 'second', deps: ['first'] }, { name: 'first' }];
}

const log = (repo: TestRepository, base: string, format: string) =>
  repo.git('log', '--reverse', `--format=${format}`, `${base}..main`).split('\n');

/** Merges the same plan as a dry run with merge commits; returns the tree that they give. */
async function treeByMerging(repo: TestRepository, items: Parameters<typeof mergePlan>[1]['items']) {
  const { report } = await mergePlan(repo, { items, policy: { mergeStrategy: 'merge' } }, []);
  return report.integration?.tree;
}

describe('a stack', () => {
  it('rebased lands commit by commit on a line, with authors, messages, trailers, and the tree of a merge', async () => {
    const repo = create();
    const items = stack(repo);
    repo.commit({ meanwhile: '1\n' });
    const base = repo.git('rev-parse', 'main');
    const tree = await treeByMerging(repo, items);
    const { code, report } = await mergePlan(repo, { items, policy: { mergeStrategy: 'rebase' } });
    expect(code).toBe(0);
    expect(repo.git('rev-list', '--merges', `${base}..main`)).toBe('');
    expect(repo.git('rev-parse', 'main~4')).toBe(base);
    expect(log(repo, base, '%an|%s')).toEqual([
      'Tester|Add a',
      'Tester|Change a',
      'Tester|Add b',
      'Ödön|Add c',
    ]);
    expect(repo.git('log', '-1', '--format=%b', 'main~2')).toMatch(/^Because\./);
    expect(log(repo, base, '%(trailers:key=Lex-PR-Item,valueonly,separator=%x2C)')).toEqual([
      'first',
      'first',
      'second',
      'third',
    ]);
    expect(new Set(log(repo, base, '%(trailers:key=Lex-PR-Run,valueonly,separator=%x2C)'))).toEqual(
      new Set([report.runId]),
    );
    expect(repo.git('log', '-1', '--format=%(trailers:key=Signed-off-by,valueonly)', 'main~1')).toContain(
      'Tester',
    );
    expect(repo.git('rev-parse', 'main^{tree}')).toBe(tree);
  });

  it('squashed lands as one commit an item on a line, with authors, messages, trailers, and the tree of a merge', async () => {
    const repo = create();
    const items = stack(repo);
    repo.commit({ meanwhile: '1\n' });
    const base = repo.git('rev-parse', 'main');
    const tree = await treeByMerging(repo, items);
    const merged = await mergePlan(repo, { items, policy: { mergeStrategy: 'squash' } });
    expect(merged.code).toBe(0);
    expect(repo.git('rev-list', '--merges', `${base}..main`)).toBe('');
    expect(log(repo, base, '%an|%s|%(trailers:key=Lex-PR-Item,valueonly,separator=%x2C)')).toEqual([
      'Tester|first|first',
      'Tester|Add b|second',
      'Ödön|Add c|third',
    ]);
    expect(repo.git('log', '-1', '--format=%b', 'main~2')).toMatch(/^\* Add a\n\* Change a\n/);
    expect(new Set(log(repo, base, '%(trailers:key=Lex-PR-Run,valueonly,separator=%x2C)'))).toEqual(
      new Set([merged.report.runId]),
    );
    expect(itemOf(merged, 'third').mergeCommit).toBe(repo.git('rev-parse', 'main'));
    expect(repo.git('rev-parse', 'main^{tree}')).toBe(tree);
  });
});

describe('an item whose commits do not give the tree of its merge', () => {
  it('fails a rebase with not-linearizable, blocks what depends on it, and holds up nobody else', async () => {
    const repo = create();
    repo.branch('side', { file: 'side\n' });
    repo.branch('evil', { file: 'evil\n' });
    repo.git('checkout', '-q', 'evil');
    expect(() => repo.git('merge', '-q', 'side')).toThrow();
    repo.commit({ file: 'resolved by hand\n' }, 'Merge side');
    repo.git('checkout', '-q', 'main');
    repo.branch('above', { above: '1\n' }, 'evil');
    repo.branch('fine', { fine: '1\n' });
    const items = [{ name: 'evil' }, { name: 'above', deps: ['evil'] }, { name: 'fine' }];
    const merged = await mergePlan(repo, { items, policy: { mergeStrategy: 'rebase' } });
    expect(merged.outcome).toEqual({ evil: 'failed: not-linearizable', above: 'blocked', fine: 'merged' });
    expect(merged.code).toBe(1);
    expect(itemOf(merged, 'above').blockedBy).toBe('evil');
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'fine']);
  });
});
