import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, mergePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

describe('an item that cannot be merged', () => {
  it('by a conflict in the middle names the paths and the other item; only what depends on it is blocked', async () => {
    const repo = create();
    repo.branch('first', { 'shared file': 'first\n', first: '1\n' });
    repo.branch('middle', { 'shared file': 'middle\n' });
    repo.branch('near', { near: '1\n' }, 'middle');
    repo.branch('far', { far: '1\n' }, 'near');
    // Merges well without what it depends on, and must not.
    repo.branch('apart', { apart: '1\n' });
    repo.branch('other', { other: '1\n' });
    const items = [
      { name: 'first' },
      { name: 'middle' },
      { name: 'near', deps: ['middle'] },
      { name: 'far', deps: ['near'] },
      { name: 'apart', deps: ['middle'] },
      { name: 'other', deps: ['first'] },
    ];
    const merged = await mergePlan(repo, { items });
    expect(merged.outcome).toEqual({
      first: 'merged',
      middle: 'failed: conflict',
      near: 'blocked',
      far: 'blocked',
      apart: 'blocked',
      other: 'merged',
    });
    expect(merged.code).toBe(1);
    expect(merged.report.status).toBe('partial');
    expect(itemOf(merged, 'middle').reason).toBe(
      'conflict: in shared file with first; merge that into it first',
    );
    expect(itemOf(merged, 'far')).toMatchObject({ blockedBy: 'middle', path: ['far', 'near', 'middle'] });
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual([
      'README',
      'first',
      'other',
      'shared file',
    ]);
  });

  it('by a conflict with its own dependency fails before any gate of it runs', async () => {
    const repo = create();
    repo.branch('below', { file: 'below\n' });
    repo.branch('above', { file: 'above\n' });
    const merged = await mergePlan(repo, { items: [{ name: 'above', deps: ['below'] }, { name: 'below' }] });
    expect(merged.outcome).toEqual({ above: 'failed: conflict', below: 'merged' });
    expect(itemOf(merged, 'above').reason).toContain('file');
    expect(itemOf(merged, 'above').gates).toMatchObject([
      { status: 'skipped', attempts: 0, startedAt: null },
    ]);
  });

  it('by a failing gate at the root blocks all descendants, whose gates never run, and nothing lands', async () => {
    const repo = create();
    repo.branch('root', { broken: '1\n' });
    repo.branch('left', { left: '1\n' }, 'root');
    repo.branch('right', { right: '1\n' }, 'root');
    repo.branch('leaf', { leaf: '1\n' }, 'left');
    const before = repo.git('rev-parse', 'main');
    const merged = await mergePlan(repo, {
      gates: [{ name: 'test', run: 'echo "it is broken"; ! test -e broken' }],
      items: [
        { name: 'leaf', deps: ['left', 'right'] },
        { name: 'right', deps: ['root'] },
        { name: 'left', deps: ['root'] },
        { name: 'root' },
      ],
    });
    expect(merged.outcome).toEqual({
      root: 'failed: gate-failed',
      left: 'blocked',
      right: 'blocked',
      leaf: 'blocked',
    });
    expect(merged.code).toBe(1);
    expect(merged.report.status).toBe('failed');
    expect(itemOf(merged, 'root').reason).toMatch(/test exited with 1/);
    expect(itemOf(merged, 'leaf').path).toEqual(['leaf', 'left', 'root']);
    for (const name of ['left', 'right', 'leaf']) {
      expect(itemOf(merged, name).blockedBy).toBe('root');
      expect(itemOf(merged, name).gates).toMatchObject([{ status: 'skipped', attempts: 0 }]);
    }
    expect(repo.git('rev-parse', 'main')).toBe(before);
    expect(readFileSync(join(artifactFolder(repo), 'report.md'), 'utf8')).toContain('it is broken');
  });
});

describe('a path that no work tree can hold', () => {
  it.each(['.GIT', 'x'.repeat(300)])('fails its item and nothing else (%s)', async (path) => {
    const repo = create();
    repo.branch('good', { good: '1\n' });
    const blob = repo.git('rev-parse', 'main:README');
    const tree = execFileSync('git', ['mktree'], { cwd: repo.path, input: `100644 blob ${blob}\t${path}\n` });
    repo.git('branch', 'odd', repo.git('commit-tree', '-p', 'main', '-m', 'odd', `${tree}`.trim()));
    const merged = await mergePlan(repo, { items: [{ name: 'good' }, { name: 'odd' }] });
    expect(merged.outcome).toEqual({ good: 'merged', odd: 'failed: gate-failed' });
    expect(itemOf(merged, 'odd').reason).toContain('git cannot check it out: ');
  });
});

describe('nothing to do', () => {
  /** Whoever runs this gate leaves a trace. */
  const tracing = (trace: string) => [{ name: 'test', run: `: > '${trace}'` }];

  it('is what an empty change and a branch that is merged already come to, without a gate', async () => {
    const repo = create();
    repo.branch('empty', {});
    repo.branch('old', { old: '1\n' });
    repo.git('merge', '-q', '--no-ff', '-m', 'merged by hand', 'old');
    const before = repo.git('rev-parse', 'main');
    const trace = join(repo.root, 'trace');
    const items = [{ name: 'empty', deps: ['old'] }, { name: 'old' }];
    const merged = await mergePlan(repo, { gates: tracing(trace), items });
    expect(merged.outcome).toEqual({ empty: 'merged', old: 'merged' });
    expect(merged.code).toBe(0);
    for (const name of ['empty', 'old']) expect(itemOf(merged, name).reason).toMatch(/^nothing to do/);
    expect(existsSync(trace)).toBe(false);
    expect(repo.git('rev-parse', 'main')).toBe(before);
  });

  it('jams nothing: what depends on such an item lands', async () => {
    const repo = create();
    repo.branch('empty', {});
    repo.branch('full', { full: '1\n' }, 'empty');
    const items = [{ name: 'full', deps: ['empty'] }, { name: 'empty' }];
    const { code } = await mergePlan(repo, { items });
    expect(code).toBe(0);
    expect(repo.show('main', 'full')).toBe('1');
  });

  it('is what a change comes to that the target holds, also where an item before it takes that back', async () => {
    const repo = create();
    const old = repo.commit({ list: 'a\nb\nc\n' });
    repo.commit({ list: 'a\nb\nc\nmore\n' });
    repo.branch('again', { list: 'a\nb\nc\nmore\n' }, old);
    repo.branch('a-revert', { list: 'a\nb\nc\n' });
    const merged = await mergePlan(repo, {
      gates: [{ name: 'test', run: '! grep more list' }],
      items: [{ name: 'a-revert' }, { name: 'again' }],
      policy: { integration: 'none' },
    });
    expect(merged.outcome).toEqual({ 'a-revert': 'merged', again: 'merged' });
    expect(itemOf(merged, 'again').reason).toMatch(/^nothing to do: main holds/);
    expect(repo.show('main', 'list')).toBe('a\nb\nc');
  });

  it('is what a plan without items has', async () => {
    const repo = create();
    const before = repo.git('rev-parse', 'main');
    const { code, report } = await mergePlan(repo, { items: [] });
    expect(code).toBe(0);
    expect(report).toMatchObject({ status: 'merged', items: [], integration: null });
    expect(repo.git('rev-parse', 'main')).toBe(before);
  });
});
