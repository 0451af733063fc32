import { itemOf, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();
const filesOf = (repo: TestRepository, revision = 'main') =>
  repo.git('ls-tree', '--name-only', revision).split('\n');
const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line}`);
const text = (content: readonly string[]) => `${content.join('\n')}\n`;

describe('lex-pr merge lands', () => {
  it('a diamond, in merge order, with the files of all', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    repo.branch('b', { b: '1\n' }, 'a');
    repo.branch('c', { c: '1\n' }, 'a');
    repo.branch('d', { d: '1\n' }, 'b');
    const items = [
      { name: 'd', deps: ['b', 'c'] },
      { name: 'c', deps: ['a'] },
      { name: 'b', deps: ['a'] },
      { name: 'a' },
    ];
    const { code, outcome, report } = await mergePlan(repo, { items });
    expect(outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged', d: 'merged' });
    expect(code).toBe(0);
    expect(report.target.after).toBe(repo.git('rev-parse', 'main'));
    expect(report.items.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
    expect(filesOf(repo)).toEqual(['README', 'a', 'b', 'c', 'd']);
    expect(repo.git('log', '--first-parent', '--reverse', '--format=%s', 'main').split('\n')).toEqual([
      'base',
      ...['a', 'b', 'c', 'd'].map((name) => `Merge branch '${name}'`),
    ]);
    expect(repo.git('status', '--porcelain')).toBe('');
  });

  it('a chain of 50 that the plan lists leaf first', async () => {
    const repo = create();
    const names = Array.from({ length: 50 }, (_, link) => `link-${link}`);
    repo.branches(names.map((name, link) => ({ name, from: names[link - 1] ?? 'main' })));
    const items = names.map((name, link) => ({ name, deps: names.slice(Math.max(0, link - 1), link) }));
    const { code, report } = await mergePlan(repo, { items: items.toReversed() });
    expect(code).toBe(0);
    expect(report.items.map(({ name }) => name)).toEqual(names);
    expect(repo.git('rev-parse', 'main^{tree}')).toBe(repo.git('rev-parse', 'link-49^{tree}'));
  });

  it('200 independent branches', async () => {
    const repo = create();
    const names = Array.from({ length: 200 }, (_, position) => `change-${position}`);
    repo.branches(names.map((name) => ({ name })));
    const gates = [{ name: 'test', run: 'test -f README' }];
    const { code, report } = await mergePlan(repo, { gates, items: names.map((name) => ({ name })) });
    expect(code).toBe(0);
    expect(report.items.filter(({ status }) => status === 'merged')).toHaveLength(200);
    expect(filesOf(repo)).toEqual(['README', ...names].sort());
  });

  it('a renamed file together with an edit of it under its old name', async () => {
    const repo = create();
    repo.commit({ old: text(lines(20)) });
    repo.branch('edit', { old: text(lines(20).with(10, 'edited')) });
    repo.branch('rename', { old: null, new: text(lines(20)) });
    const { code } = await mergePlan(repo, { items: [{ name: 'edit' }, { name: 'rename' }] });
    expect(code).toBe(0);
    expect(filesOf(repo)).toEqual(['README', 'new']);
    expect(repo.show('main', 'new')).toBe(lines(20).with(10, 'edited').join('\n'));
  });

  it('branches that have merged each other criss-cross', async () => {
    const repo = create();
    const content = (...edits: readonly [number, string][]) =>
      text(edits.reduce((all, [line, edit]) => all.with(line, edit), lines(30)));
    repo.commit({ file: content() });
    const left = repo.branch('left', { file: content([5, 'left']) });
    const right = repo.branch('right', { file: content([15, 'right']) });
    for (const [mine, theirs] of [
      ['left', right],
      ['right', left],
    ] as const) {
      repo.git('checkout', '-q', mine);
      repo.git('merge', '-q', '--no-ff', '-m', 'criss-cross', theirs);
    }
    repo.branch('left', { file: content([5, 'left again'], [15, 'right']) }, 'left');
    repo.branch('right', { file: content([5, 'left'], [15, 'right again']) }, 'right');
    expect(repo.git('merge-base', '--all', 'left', 'right').split('\n')).toHaveLength(2);

    const { code, outcome } = await mergePlan(repo, { items: [{ name: 'left' }, { name: 'right' }] });
    expect(outcome).toEqual({ left: 'merged', right: 'merged' });
    expect(code).toBe(0);
    expect(`${repo.show('main', 'file')}\n`).toBe(content([5, 'left again'], [15, 'right again']));
  });

  it('the others, where git has a bug with one of them', async () => {
    const repo = create();
    const all = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, text(lines(20))]));
    const none = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, null]));
    repo.commit(all('f', 'h', 'a-', 'a.x', 'a', 'c/a/b/f', 'c/a/b/a'));
    repo.branch('first', { ...none('f', 'h', 'a', 'c/a/b/f', 'c/a/b/a'), ...all('a/b/f') });
    repo.branch('odd', { ...none('h'), ...all('c/h') });
    repo.branch('last', { last: 'x' });
    const items = ['first', 'odd', 'last'].map((name) => ({ name }));
    const { outcome, report } = await mergePlan(repo, { items });
    expect(outcome).toEqual({ first: 'merged', odd: 'failed: conflict', last: 'merged' });
    // A git without the bug finds the conflict.
    expect(itemOf({ report }, 'odd').reason).toMatch(/^conflict: (git has a bug with|in )/);
  });
});
