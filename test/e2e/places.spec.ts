import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergePlan, runCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

/** A bare clone beside the repository, and what a ref names there. */
function bareClone(repo: TestRepository) {
  const path = join(repo.root, 'bare.git');
  repo.git('clone', '-q', '--bare', repo.path, path);
  return { path, git: (...args: string[]) => repo.git('-C', path, ...args) };
}

const FENCE = 'refs/lex-pr/fence/main';

describe('the repository of a plan may be', () => {
  it('a bare one', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const bare = bareClone(repo);
    const { code, report } = await mergePlan(repo, { repository: bare.path, items: [{ name: 'change' }] });
    expect(code).toBe(0);
    expect(bare.git('rev-parse', 'main')).toBe(report.target.after);
    expect(bare.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'change']);
    expect(repo.git('ls-tree', '--name-only', 'main')).toBe('README');
  });

  it('a remote one, by URL: target and fence are pushed, nothing else', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const bare = bareClone(repo);
    const plan = { repository: `file://${bare.path}`, items: [{ name: 'change' }] };
    const { code, report } = await mergePlan(repo, plan);
    expect(code).toBe(0);
    expect(bare.git('rev-parse', 'main')).toBe(report.target.after);
    expect(bare.git('log', '-1', '--format=%B', FENCE)).toContain(report.runId);
    const refs = bare.git('for-each-ref', '--format=%(refname)').split('\n');
    expect(refs).toEqual(['refs/heads/change', 'refs/heads/main', FENCE]);
    expect(repo.git('ls-tree', '--name-only', 'main')).toBe('README');
  });

  it('a remote one whose target is protected: nothing is pushed, not even the fence, and the report says why', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const bare = bareClone(repo);
    const hook = '#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "main is protected" >&2; exit 1; }\n';
    mkdirSync(join(bare.path, 'hooks'), { recursive: true });
    writeFileSync(join(bare.path, 'hooks/update'), hook, { mode: 0o755 });
    const before = bare.git('for-each-ref');
    const plan = { repository: `file://${bare.path}`, items: [{ name: 'change' }] };
    const { code, outcome, report } = await mergePlan(repo, plan);
    expect(outcome).toEqual({ change: 'failed: landing-refused' });
    expect(code).toBe(1);
    expect(report.items[0]!.reason).toContain('main is protected');
    expect(bare.git('for-each-ref')).toBe(before);
  });

  it('a remote one whose target moves during the run: both changes are there in the end', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const theirs = repo.branch('theirs', { theirs: '1\n' });
    const bare = bareClone(repo);
    const push = { name: 'push', run: `git -C '${bare.path}' update-ref refs/heads/main ${theirs}` };
    const plan = { repository: `file://${bare.path}`, gates: [push], items: [{ name: 'change' }] };
    const { code } = await mergePlan(repo, plan);
    expect(code).toBe(0);
    expect(bare.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'change', 'theirs']);
  });

  it('relative to the folder of the plan, wherever the command is called', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const elsewhere = join(repo.root, 'elsewhere');
    mkdirSync(elsewhere);
    const plan = { repository: './repo', items: [{ name: 'change' }] };
    const { code } = await mergePlan(repo, plan, ['--execute'], { cwd: elsewhere });
    expect(code).toBe(0);
    expect(repo.show('main', 'change')).toBe('1');
    expect(readdirSync(elsewhere)).toEqual(['.lex-pr']);
    expect(readdirSync(repo.path)).not.toContain('.lex-pr');
  });

  it('left out: the one of the current folder, also below its top; .lex-pr lies at the top and never shows', async () => {
    const repo = create();
    repo.commit({ 'below/file': '1\n' });
    repo.branch('change', { change: '1\n' });
    const plan = `
schemaVersion: 1.0.0
target: main
gates:
  - name: test
    run: |
      test -e change # in YAML
items:
  - name: change
`;
    const result = await runCli(['merge', '-', '--execute'], { cwd: join(repo.path, 'below'), input: plan });
    expect(result).toMatchObject({ code: 0 });
    expect(repo.show('main', 'change')).toBe('1');
    expect(repo.git('status', '--porcelain')).toBe('');
    expect(repo.git('status', '--porcelain', '--ignored')).toBe('!! .lex-pr/');
  });
});

describe('a plan may be', () => {
  it('a YAML file', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    writeFileSync(
      join(repo.root, 'plan.yaml'),
      'schemaVersion: v1\ntarget: main\nrepository: repo\ngates: [{ name: test, run: "true" }]\nitems: [{ name: change }]\n',
    );
    expect(await runCli(['merge', '../plan.yaml', '--execute'], { cwd: repo.path })).toMatchObject({
      code: 0,
    });
    expect(repo.show('main', 'change')).toBe('1');
  });
});
