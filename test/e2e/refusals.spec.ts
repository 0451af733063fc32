import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemsOf, runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { snapshot } from '../support/snapshot';

const create = testRepositories();

describe('lex-pr merge refuses, with exit code 2 and before anything is changed,', () => {
  it('a target and branches that are not there, all at once, each with the nearest name', async () => {
    const repo = create();
    repo.branch('feature/login', { login: '1\n' });
    const before = snapshot(repo.path);
    const plan = writePlan(repo, {
      target: 'mian',
      items: [{ name: 'feature/logni' }, { name: 'feature/login' }, { name: 'x', branch: 'nothing-like-it' }],
    });
    const lines = readFileSync(plan, 'utf8').split('\n');
    const result = await runCli(['merge', plan, '--execute', '--json'], { cwd: repo.path });
    const problems = problemsOf(result);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'unknown-target target',
      'unknown-branch items[0].name',
      'unknown-branch items[2].branch',
    ]);
    expect(problems[0]!.hint).toContain('main');
    expect(problems[1]!.hint).toContain('feature/login');
    for (const { hint, file } of problems)
      expect({ hint, file }).toEqual({ hint: expect.any(String), file: plan });
    const named = ['mian', 'feature/logni', 'nothing-like-it'];
    for (const [k, name] of named.entries()) {
      const { line, column } = problems[k]!;
      expect(lines[line! - 1]!.slice(column! - 1)).toMatch(new RegExp(`^"?${name}`));
    }
    expect(snapshot(repo.path)).toEqual(before);

    const inWords = await runCli(['merge', plan, '--execute'], { cwd: repo.path });
    expect(inWords).toMatchObject({ code: 2, stdout: '' });
    for (const { message } of problems) expect(inWords.stderr).toContain(message);
  });

  it('a branch of a remote as target, with what would make one of it', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    for (const name of ['main', 'next']) repo.git('update-ref', `refs/remotes/origin/${name}`, 'main');
    const told = async (target: string) => {
      const plan = writePlan(repo, { target, items: [{ name: 'change' }] });
      return problemsOf(await runCli(['merge', plan, '--json'], { cwd: repo.path }));
    };
    const toRemote =
      'write `target: main`; to land on the remote itself, add `repository: URL` (see `git remote get-url origin`)';
    const message = '"origin/main" is a branch of a remote, and only local branches can be targets';
    expect(await told('origin/main')).toMatchObject([{ code: 'unknown-target', message, hint: toRemote }]);
    for (const target of ['next', 'origin/next'])
      expect(await told(target)).toMatchObject([
        {
          message: message.replace('main', 'next'),
          hint: `make it one with \`git branch next origin/next\`, and ${toRemote.replace(': main', ': next')}`,
        },
      ]);
  });

  it('a plan with problems of its own, all at once, each with its place', async () => {
    const repo = create();
    const before = snapshot(repo.root);
    const plan = `schemaVersion: v1
target: main
gates: [{ name: test, run: 'true' }]
items:
  - name: a
    deps: [b]
  - name: b
    deps: [a]
  - nmae: c
`;
    const result = await runCli(['merge', '-', '--json'], { cwd: repo.path, input: plan });
    const problems = problemsOf(result);
    expect(problems.map(({ code, line, file }) => `${file}:${line} ${code}`).sort()).toEqual([
      '<stdin>:6 cycle',
      '<stdin>:9 missing-field',
      '<stdin>:9 unknown-key',
    ]);
    expect(problems.find(({ code }) => code === 'unknown-key')?.hint).toContain('name');
    expect(snapshot(repo.root)).toEqual(before);
  });

  it('a folder for the report that cannot be made, before any gate runs', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const trace = join(repo.root, 'trace');
    const gates = [{ name: 'test', run: `: > '${trace}'` }];
    const plan = writePlan(repo, { gates, items: [{ name: 'change' }] });
    const args = ['merge', plan, '--execute', '--json', '--artifact-dir', join(plan, 'below a file')];
    const problems = problemsOf(await runCli(args, { cwd: repo.path }));
    expect(problems).toMatchObject([{ code: 'artifact-folder' }]);
    expect(existsSync(trace)).toBe(false);
    const resumed = await runCli(['resume', '--json'], { cwd: repo.path });
    expect(problemsOf(resumed)).toMatchObject([{ code: 'nothing-to-resume' }]);
  });

  it('a repository without its older history, and says how to get it', async () => {
    const repo = create();
    repo.commit({ more: '1\n' });
    const shallow = join(repo.root, 'shallow');
    repo.git('clone', '-q', '--depth', '1', `file://${repo.path}`, shallow);
    const before = snapshot(shallow);
    const plan = writePlan(repo, { repository: shallow, items: [] });
    const problems = problemsOf(await runCli(['merge', plan, '--json'], { cwd: shallow }));
    expect(problems).toMatchObject([{ code: 'shallow-repository', hint: 'git fetch --unshallow' }]);
    expect(snapshot(shallow)).toEqual(before);
  });

  it.each(['--max-workers 0', '--max-workers many', '--exceute'])('the option %s', async (given) => {
    const repo = create();
    const plan = writePlan(repo, { items: [] });
    const result = await runCli(['merge', plan, '--json', ...given.split(' ')], { cwd: repo.path });
    expect(problemsOf(result)).toMatchObject([{ code: 'usage' }]);
  });
});
