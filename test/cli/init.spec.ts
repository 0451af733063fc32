import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { problemsOf, runCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();
const init = (repo: TestRepository, ...args: string[]) => runCli(['init', ...args], { cwd: repo.path });
const written = (repo: TestRepository) => readFileSync(join(repo.path, 'plan.yaml'), 'utf8');

function stack(): TestRepository {
  const repo = create();
  repo.commit({ Makefile: 'test:\n\ttest -e README\n' });
  repo.branch('model', { model: '1\n' });
  repo.branch('api', { api: '1\n' }, 'model');
  return repo;
}

describe('lex-pr init', () => {
  it('writes plan.yaml with comments, which merge lands as it stands', async () => {
    const repo = stack();
    const { code, stdout, stderr } = await init(repo);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('written to');
    const comments = ['the branch that', 'gates', 'timeoutSeconds', 'maxWorkers', 'squash', 'deps'];
    const said = written(repo)
      .split('\n')
      .filter((line) => line.trim().startsWith('#'))
      .join('\n');
    for (const word of comments) expect(said.toLowerCase()).toContain(word.toLowerCase());
    const merged = await runCli(['merge', 'plan.yaml', '--execute'], { cwd: repo.path });
    expect(merged.code).toBe(0);
    expect(repo.show('main', 'api')).toBe('1');
  });

  it('says what plan says, with a default where there is a comment on it', async () => {
    const repo = stack();
    const args = ['--branches', 'm*', '--gate', 'unit=make test'];
    await init(repo, ...args);
    const { stdout } = await runCli(['plan', '--json', ...args], { cwd: repo.path });
    expect(parse(written(repo))).toEqual({ ...JSON.parse(stdout), policy: { mergeStrategy: 'merge' } });
  });

  it('is a valid plan without gates and branches too', async () => {
    const repo = create();
    const { code, stderr } = await init(repo);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: no gates');
    expect(parse(written(repo))).toEqual({
      schemaVersion: 'v1',
      target: 'main',
      gates: [],
      policy: { mergeStrategy: 'merge', ungated: 'allow' },
      items: [],
    });
    expect((await runCli(['merge', 'plan.yaml'], { cwd: repo.path })).code).toBe(0);
  });

  it('keeps a plan.yaml that is there, unless told with --force', async () => {
    const repo = stack();
    writeFileSync(join(repo.path, 'plan.yaml'), 'mine\n');
    const [problem] = problemsOf(await init(repo, '--json'));
    expect(problem).toMatchObject({ code: 'plan-exists', hint: 'replace it with --force' });
    expect(written(repo)).toBe('mine\n');
    expect((await init(repo, '--force')).code).toBe(0);
    expect(parse(written(repo)).items).toHaveLength(2);
  });

  it('prints with --json where the plan is', async () => {
    const repo = stack();
    const { code, stdout } = await init(repo, '--json');
    expect(code).toBe(0);
    const { path, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({});
    expect(existsSync(path)).toBe(true);
    expect(path).toMatch(/\/repo\/plan\.yaml$/);
  });

  it('writes nothing where discovery is refused', async () => {
    const repo = stack();
    expect((await init(repo, '--branches', 'x*')).code).toBe(2);
    expect(existsSync(join(repo.path, 'plan.yaml'))).toBe(false);
  });
});
