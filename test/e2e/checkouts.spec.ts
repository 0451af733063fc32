import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergePlan, problemsOf, runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { checkoutOf, snapshot } from '../support/snapshot';

const create = testRepositories();

describe('a target that is checked out', () => {
  it('gets its files and index updated; untracked and ignored files stay; .lex-pr never shows', async () => {
    const repo = create();
    repo.commit({ '.gitignore': 'ignored\n', gone: '1\n' });
    repo.branch('change', { change: '1\n', README: 'changed\n', gone: null });
    for (const name of ['untracked', 'ignored']) writeFileSync(join(repo.path, name), 'mine\n');
    const { code } = await mergePlan(repo, { items: [{ name: 'change' }] });
    expect(code).toBe(0);
    expect(repo.git('status', '--porcelain')).toBe('?? untracked');
    expect(Object.keys(snapshot(repo.path, ['.git']))).toEqual([
      ...['.gitignore', 'README', 'change', 'ignored', 'untracked'],
    ]);
    expect(readFileSync(join(repo.path, 'README'), 'utf8')).toBe('changed\n');
  });

  it('with changes of the user is refused with every file named, and nothing is touched', async () => {
    const repo = create();
    repo.commit({ staged: '1\n', edited: '1\n' });
    repo.branch('change', { change: '1\n' });
    appendFileSync(join(repo.path, 'edited'), 'mine\n');
    appendFileSync(join(repo.path, 'staged'), 'mine\n');
    repo.git('add', 'staged');
    writeFileSync(join(repo.path, 'change'), 'in the way\n');
    const before = snapshot(repo.path);
    const plan = writePlan(repo, { items: [{ name: 'change' }] });
    const problems = problemsOf(await runCli(['merge', plan, '--execute', '--json'], { cwd: repo.path }));
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['target-dirty']));
    const said = problems.map(({ message }) => message).sort();
    expect(said).toHaveLength(3);
    for (const [index, name] of ['change', 'edited', 'staged'].entries())
      expect(said[index]).toContain(`"${name}"`);
    expect(snapshot(repo.path)).toEqual(before);

    const dry = await runCli(['merge', plan], { cwd: repo.path });
    expect(dry.code).toBe(0);
    expect(snapshot(repo.path)).toEqual(before);
  });

  it.each(['.lex-pr', '.lex-pr/state.db'])(
    'is refused for a branch that adds %s, and to work with it',
    async (path) => {
      const repo = create();
      repo.git('checkout', '-q', '--detach');
      repo.commit({ [path]: 'mine\n' });
      repo.git('branch', 'change');
      repo.git('checkout', '-q', 'main');
      const before = repo.git('rev-parse', 'main');
      const plan = writePlan(repo, { items: [{ name: 'change' }] });
      const problems = problemsOf(await runCli(['merge', plan, '--execute', '--json'], { cwd: repo.path }));
      expect(problems).toMatchObject([
        { code: 'target-dirty', hint: expect.stringContaining('lex-pr keeps') },
      ]);
      expect(repo.git('rev-parse', 'main')).toBe(before);

      repo.git('merge', '-q', 'change');
      const tracked = problemsOf(await runCli(['merge', plan, '--json'], { cwd: repo.path }));
      expect(tracked).toMatchObject([{ code: 'home-tracked' }]);
    },
  );

  it('that becomes dirty during the run is not landed on: target-dirty, and the edit stays', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const before = repo.git('rev-parse', 'main');
    const merged = await mergePlan(repo, {
      gates: [{ name: 'test', run: `echo mine >> '${repo.path}/README'` }],
      items: [{ name: 'change' }],
    });
    expect(merged.outcome).toEqual({ change: 'failed: target-dirty' });
    expect(merged.code).toBe(1);
    expect(merged.report.items[0]!.reason).toContain('README');
    expect(repo.git('rev-parse', 'main')).toBe(before);
    expect(repo.git('status', '--porcelain')).toBe(' M README');
    expect(readFileSync(join(repo.path, 'README'), 'utf8')).toBe('base\nmine\n');
  });

  it('in a linked work tree gets that one updated, and refuses to lose changes there', async () => {
    const repo = create();
    repo.branch('one', { one: '1\n' });
    repo.branch('two', { two: '1\n' });
    repo.git('checkout', '-q', '-b', 'dev');
    const linked = join(repo.root, 'linked tree');
    repo.git('worktree', 'add', '-q', linked, 'main');
    const before = checkoutOf(repo.path);
    const { code } = await mergePlan(repo, { items: [{ name: 'one' }] });
    expect(code).toBe(0);
    expect(readFileSync(join(linked, 'one'), 'utf8')).toBe('1\n');
    expect(repo.git('-C', linked, 'status', '--porcelain')).toBe('');
    expect(checkoutOf(repo.path)).toEqual(before);

    appendFileSync(join(linked, 'README'), 'mine\n');
    const plan = writePlan(repo, { items: [{ name: 'two' }] });
    const problems = problemsOf(await runCli(['merge', plan, '--execute', '--json'], { cwd: repo.path }));
    expect(problems).toMatchObject([{ code: 'target-dirty' }]);
    expect(problems[0]!.message).toContain(linked);
  });
});

describe('where another branch is checked out', () => {
  it('edits, staged changes and untracked files stay as they are, byte for byte', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n', README: 'changed\n' });
    repo.git('checkout', '-q', '-b', 'dev');
    repo.commit({ dev: '1\n' });
    appendFileSync(join(repo.path, 'README'), 'unstaged\r\n');
    writeFileSync(join(repo.path, 'staged'), '1\n');
    repo.git('add', 'staged');
    appendFileSync(join(repo.path, 'staged'), 'and more\n');
    writeFileSync(join(repo.path, 'change'), 'untracked, and of the name of a file that lands\n');
    const before = checkoutOf(repo.path);
    const { code } = await mergePlan(repo, { items: [{ name: 'change' }] });
    expect(code).toBe(0);
    expect(checkoutOf(repo.path)).toEqual(before);
    expect(repo.show('main', 'change')).toBe('1');
  });
});
