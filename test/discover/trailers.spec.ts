import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestRepository, testRepositories } from '../support/repository';
import { discoverDeps, refusalOf } from './discovered';

const create = testRepositories();

/** A branch with one commit whose message ends with trailers. */
function branch(repo: TestRepository, name: string, trailers: readonly string[] = [], from = 'main'): string {
  const file = name.replaceAll('/', '-');
  return repo.branch(name, { [file]: '1\n' }, from, `change ${name}\n\n${trailers.join('\n')}`.trimEnd());
}

describe('Depends-on trailers', () => {
  it('name branches, one or several, in any case, on one line or folded', async () => {
    const repo = create();
    for (const name of ['a', 'b', 'c,d', 'e', 'f']) branch(repo, name);
    branch(repo, 'x', ['Depends-on: a', 'depends-ON: b, c,d', 'Depends-on: e,\n f', 'Reviewed-by: me']);
    expect((await discoverDeps(repo)).x).toEqual(['a', 'b', 'c,d', 'e', 'f']);
  });

  it('count in any commit of the branch, and only as trailers', async () => {
    const repo = create();
    branch(repo, 'a');
    branch(repo, 'b');
    branch(repo, 'x', ['Depends-on: a']);
    repo.git('checkout', '-q', 'x');
    repo.commit({ x: '2\n' }, 'Depends-on: b\n\nThis says\nDepends-on: b\nin the middle.\n\nThe end.');
    expect((await discoverDeps(repo)).x).toEqual(['a']);
  });

  it('are those of the own commits: what a branch is built on keeps its own', async () => {
    const repo = create();
    branch(repo, 'a');
    branch(repo, 'x', ['Depends-on: a']);
    branch(repo, 'y', [], 'x');
    expect(await discoverDeps(repo)).toEqual({ a: [], x: ['a'], y: ['x'] });
    // Alone, y brings the commit with it.
    expect(await discoverDeps(repo, { branches: ['a', 'y'] })).toEqual({ a: [], y: ['a'] });
  });

  it('of a commit from which several branches grew count for each of them', async () => {
    const repo = create();
    branch(repo, 'a');
    const stem = branch(repo, 'stem', ['Depends-on: a']);
    branch(repo, 'x', [], stem);
    branch(repo, 'y', [], stem);
    repo.git('branch', '-D', 'stem');
    expect(await discoverDeps(repo)).toEqual({ a: [], x: ['a'], y: ['a'] });
  });

  it('that say what ancestry says already add nothing', async () => {
    const repo = create();
    branch(repo, 'a');
    branch(repo, 'b', ['Depends-on: a'], 'a');
    branch(repo, 'c', ['Depends-on: a'], 'b');
    expect(await discoverDeps(repo)).toEqual({ a: [], b: ['a'], c: ['b'] });
  });

  it('may name another branch with the head of an item', async () => {
    const repo = create();
    branch(repo, 'a');
    repo.git('branch', 'also-a', 'a');
    branch(repo, 'x', ['Depends-on: a', 'Depends-on: also-a']);
    expect(await discoverDeps(repo)).toEqual({ a: [], x: ['a'] });
  });

  it('may name a branch that the patterns leave out, with the head of an item', async () => {
    const repo = create();
    branch(repo, 'p');
    repo.git('branch', 'alias', 'p');
    branch(repo, 'x', ['Depends-on: alias']);
    expect(await discoverDeps(repo, { branches: ['p', 'x'] })).toEqual({ p: [], x: ['p'] });
    // Alone, it is its own.
    repo.git('branch', 'other-x', 'x');
    branch(repo, 'y', ['Depends-on: other-y']);
    repo.git('branch', 'other-y', 'y');
    expect(await discoverDeps(repo, { branches: ['y'] })).toEqual({ y: [] });
  });

  it('take commas without spaces for what they are: part of a name that there is, or else between names', async () => {
    const repo = create();
    for (const name of ['a', 'b', 'c,d', 'e']) branch(repo, name);
    branch(repo, 'gone,too');
    repo.git('merge', '-q', '--no-ff', '--no-edit', 'gone,too');
    repo.git('branch', '-D', 'gone,too');
    branch(repo, 'x', [
      'Depends-on: a,b',
      'Depends-on: ,e,c,d,,',
      'Depends-on: gone,too,a',
      'Depends-on: , ,,',
    ]);
    expect((await discoverDeps(repo)).x).toEqual(['a', 'b', 'c,d', 'e']);
    branch(repo, 'y', ['Depends-on: a,nope,b', 'Depends-on: no,such']);
    expect((await refusalOf(repo)).map(({ message }) => message.replace(/ \(.*\)/, ''))).toEqual([
      'y depends on "nope", which is no branch',
      'y depends on "no,such", which is no branch',
    ]);
  });

  it('are met where the target has the branch: still there, fetched, or deleted after a merge', async () => {
    const repo = create();
    branch(repo, 'done');
    branch(repo, 'fetched');
    branch(repo, 'by/git');
    branch(repo, 'by-lex-pr');
    repo.git('merge', '-q', '--no-ff', '-m', 'one', 'done');
    repo.git('merge', '-q', '--no-ff', '-m', 'two', 'fetched');
    repo.git('merge', '-q', '--no-ff', '--no-edit', 'by/git');
    repo.git('merge', '-q', '--no-ff', '-m', 'three\n\nLex-PR-Item: by-lex-pr', 'by-lex-pr');
    repo.git(
      'merge',
      '-q',
      '--no-ff',
      '-m',
      'Merge pull request #7 from me/by-host',
      branch(repo, 'by-host'),
    );
    repo.git('update-ref', 'refs/remotes/origin/fetched', 'fetched');
    repo.git('branch', '-D', 'fetched', 'by/git', 'by-lex-pr', 'by-host');
    const names = ['main', 'done', 'origin/fetched', 'by/git', 'by-lex-pr', 'by-host'];
    branch(repo, 'x', [`Depends-on: ${names.join(', ')}`]);
    expect(await discoverDeps(repo)).toEqual({ x: [] });
  });

  it('are met where the target has the branch, also among more names than fit on a command line', async () => {
    const repo = create();
    branch(repo, 'gone');
    repo.git('merge', '-q', '--no-ff', '--no-edit', 'gone');
    repo.git('branch', '-D', 'gone');
    const names = Array.from(
      { length: 30_000 },
      (_, at) => `branch-that-nobody-ever-made-${'x'.repeat(60)}-${at}`,
    );
    repo.branch('x', { x: '1\n' }, 'main', 'x\n\nDepends-on: gone\n');
    writeFileSync(
      join(repo.root, 'message'),
      `y\n\n${names.map((name) => `Depends-on: ${name}\n`).join('')}`,
    );
    repo.git('checkout', '-q', '-b', 'y');
    repo.git('commit', '-q', '--allow-empty', '-F', join(repo.root, 'message'));
    const problems = await refusalOf(repo);
    expect(problems).toHaveLength(names.length);
    expect(problems.filter(({ message }) => message.includes('"gone"'))).toEqual([]);
  });

  it.each([
    ['another name for it', 'trailer.dep.key', 'Depends-on: '],
    ['its own name with a separator', 'trailer.depends-on.key', 'Depends-on: '],
    ['other separators', 'trailer.separators', '='],
    ['comments that start as it does', 'core.commentChar', 'D'],
  ])('are the same where the repository has set %s', async (_, key, value) => {
    const repo = create();
    branch(repo, 'a');
    branch(repo, 'gone');
    repo.git('merge', '-q', '--no-ff', '-m', 'one\n\nLex-PR-Item: gone', 'gone');
    repo.git('branch', '-D', 'gone');
    branch(repo, 'x', ['Depends-on: a', 'Depends-on: gone']);
    repo.git('config', key, value);
    expect(await discoverDeps(repo)).toEqual({ a: [], x: ['a'] });
  });

  it('that mean nothing are refused together, each with its branch and commit', async () => {
    const repo = create();
    branch(repo, 'feature/login');
    branch(repo, 'other');
    const x = branch(repo, 'feature/x', ['Depends-on: feature/logni', 'Depends-on: other']);
    const y = branch(repo, 'feature/y', ['Depends-on: feature/y', 'Depends-on: https://example.com/1']);
    const problems = await refusalOf(repo, { branches: ['feature/*'] });
    expect(problems).toHaveLength(4);
    const at = (name: string, commit: string) => `(commit ${commit.slice(0, 10)}), ${name}`;
    expect(problems).toEqual(
      expect.arrayContaining([
        {
          code: 'unknown-dependency',
          message: `feature/x depends on "feature/logni" ${at('which is no branch', x)}`,
          hint: 'did you mean "feature/login"?',
        },
        {
          code: 'dependency-left-out',
          message: `feature/x depends on "other" ${at('which is not in the plan', x)}`,
          hint: "plan it too, with --branches 'other'",
        },
        {
          code: 'self-dependency',
          message: `feature/y depends on "feature/y" ${at('which is itself', y)}`,
          hint: 'remove the trailer',
        },
        {
          code: 'unknown-dependency',
          message: `feature/y depends on "https://example.com/1" ${at('which is no branch', y)}`,
          hint: 'make a local branch of that name, or amend the commit',
        },
      ]),
    );
  });

  it('that make a cycle are refused with the commits', async () => {
    const repo = create();
    const a = branch(repo, 'a', ['Depends-on: c']);
    branch(repo, 'b', [], 'a');
    const c = branch(repo, 'c', ['Depends-on: b']);
    expect(await refusalOf(repo)).toEqual([
      {
        code: 'cycle',
        message:
          `dependency cycle: a depends on c (commit ${a.slice(0, 10)}), ` +
          `c depends on b (commit ${c.slice(0, 10)}), b contains a`,
        hint: 'amend one of these commits: remove its Depends-on trailer',
      },
    ]);
  });
});
