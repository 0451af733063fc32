import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { problemsOf, readMerged, runCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();
const plan = (repo: TestRepository, ...args: string[]) => runCli(['plan', ...args], { cwd: repo.path });

/** A stack of two and a branch beside it. */
function threeBranches(): TestRepository {
  const repo = create();
  repo.branch('model', { model: '1\n' });
  repo.branch('api', { api: '1\n' }, 'model');
  repo.branch('search', { search: '1\n' });
  return repo;
}

const items = [{ name: 'model' }, { name: 'api', deps: ['model'] }, { name: 'search' }];
const gates = [{ name: 'test', run: 'test -e README' }];
const document = { schemaVersion: 'v1', target: 'main', gates, items };
const gate = '--gate=test=test -e README';

describe('lex-pr plan', () => {
  it('prints the plan as YAML, and what there is to say on standard error', async () => {
    const { code, stdout, stderr } = await plan(threeBranches(), gate);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'plan: 3 items into main, 1 dependency\n' });
    expect(stdout).toBe(
      [
        'schemaVersion: v1',
        'target: main',
        'gates:',
        '  - name: test',
        '    run: test -e README',
        'items:',
        '  - name: model',
        '  - name: api',
        '    deps: [model]',
        '  - name: search',
        '',
      ].join('\n'),
    );
  });

  it('prints with --json exactly the plan on standard output, and JSON lines on standard error', async () => {
    const { code, stdout, stderr } = await plan(threeBranches(), gate, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(document);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['planned']);
  });

  it.each(['a\tb', 'a\nb'])(
    'is refused elsewhere for a repository whose path no plan can name, here it is written: %j',
    async (name) => {
      const repo = threeBranches();
      const path = join(repo.root, name);
      repo.git('clone', '-q', '--no-local', '.', path);
      const cli = (...args: string[]) =>
        runCli(['plan', gate, '--target', 'main', ...args, '--json'], { cwd: path });
      expect(problemsOf(await cli('--out', join(repo.root, 'out')))).toMatchObject([
        {
          code: 'path-not-nameable',
          message: expect.stringContaining(JSON.stringify(`/${name}"`).slice(1, -3)),
        },
      ]);
      expect((await cli('--out', join(path, 'out'))).code).toBe(0);
      expect(JSON.parse(readFileSync(join(path, 'out/plan.json'), 'utf8')).repository).toBeUndefined();
    },
  );

  it('prints what merge --execute lands as it stands', async () => {
    const repo = threeBranches();
    const folder = join(repo.root, 'artifacts');
    const { stdout } = await plan(repo, gate, '--json');
    writeFileSync(join(repo.root, 'large-plan.json'), stdout);
    const args = ['../large-plan.json', '--execute', '--artifact-dir', folder];
    const result = await runCli(['merge', ...args], { cwd: repo.path });
    const { outcome } = readMerged(JSON.parse(stdout), folder, result);
    expect(outcome).toEqual({ model: 'merged', api: 'merged', search: 'merged' });
    expect(result.code).toBe(0);
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual([
      'README',
      'api',
      'model',
      'search',
    ]);
    // What landed is not planned again.
    expect(parse((await plan(repo, gate)).stdout).items).toEqual([]);
  });

  it('without any gate writes a plan that merges all the same, with a warning', async () => {
    const repo = threeBranches();
    const { stdout, stderr } = await plan(repo, '--json');
    expect(JSON.parse(stdout).policy).toEqual({ ungated: 'allow' });
    expect(JSON.parse(stderr.split('\n')[0]!)).toMatchObject({ level: 'warn', event: 'ungated' });
    const merged = await runCli(['merge', '-', '--execute'], { cwd: repo.path, input: stdout });
    expect(merged.code).toBe(0);
    expect(repo.show('main', 'api')).toBe('1');
  });

  it('--out writes into a folder, and with --json to standard output too; it means this repository anywhere', async () => {
    const repo = threeBranches();
    const out = join(repo.root, 'new', 'folder');
    const yaml = await plan(repo, gate, '--out', out);
    expect(yaml.stdout).toBe('');
    expect(yaml.stderr).toContain(`plan: written to ${join(out, 'plan.yaml')}\n`);
    const written = { ...document, repository: repo.git('rev-parse', '--show-toplevel') };
    expect(parse(readFileSync(join(out, 'plan.yaml'), 'utf8'))).toEqual(written);

    const json = await plan(repo, gate, '--out', out, '--json');
    expect(JSON.parse(json.stdout)).toEqual(written);
    expect(readFileSync(join(out, 'plan.json'), 'utf8')).toBe(json.stdout);
    const elsewhere = await runCli(['merge', join(out, 'plan.json'), '--execute'], { cwd: repo.root });
    expect(elsewhere.code).toBe(0);
    expect(repo.show('main', 'search')).toBe('1');
  });

  it('--out names no repository inside its own work tree', async () => {
    const repo = threeBranches();
    mkdirSync(join(repo.path, 'sub'));
    await runCli(['plan', gate, '--out', '../plans'], { cwd: join(repo.path, 'sub') });
    expect(parse(readFileSync(join(repo.path, 'plans/plan.yaml'), 'utf8'))).toEqual(document);
  });

  it('--out names a bare repository by its folder', async () => {
    const repo = threeBranches();
    repo.git('clone', '-q', '--mirror', '.', '../bare.git');
    const bare = join(repo.root, 'bare.git');
    await runCli(['plan', gate, '--out', repo.root], { cwd: bare });
    const { repository } = parse(readFileSync(join(repo.root, 'plan.yaml'), 'utf8'));
    expect(repository).toMatch(/\/bare\.git$/);
    const merged = await runCli(['merge', 'plan.yaml', '--execute'], { cwd: repo.root });
    expect(merged.code).toBe(0);
    expect(repo.git('--git-dir', bare, 'show', 'main:api')).toBe('1');
  });

  it('--out refuses a folder that cannot be one', async () => {
    const repo = threeBranches();
    mkdirSync(join(repo.path, 'taken/plan.json'), { recursive: true });
    for (const folder of ['README', 'README/below', 'taken', '/proc/none', '/proc/none/below']) {
      const result = await plan(repo, gate, '--json', '--out', folder);
      expect(problemsOf(result).map(({ code }) => code)).toEqual(['cannot-write']);
    }
    const merged = await runCli(['merge', '-', '--artifact-dir', '/proc/none', '--json'], {
      cwd: repo.path,
      input: JSON.stringify({ ...document, items: [] }),
    });
    expect(problemsOf(merged).map(({ code }) => code)).toEqual(['artifact-folder']);
  });

  it('--pin pins every item to its head, so that one that moves on is not merged', async () => {
    const repo = threeBranches();
    const { stdout } = await plan(repo, gate, '--pin', '--json');
    const pinned = JSON.parse(stdout);
    expect(pinned.items).toEqual(items.map((item) => ({ ...item, sha: repo.git('rev-parse', item.name) })));
    repo.git('checkout', '-q', 'search');
    repo.commit({ search: '2\n' });
    repo.git('checkout', '-q', 'main');
    const folder = join(repo.root, 'artifacts');
    const args = ['merge', '-', '--execute', '--artifact-dir', folder];
    const result = await runCli(args, { cwd: repo.path, input: stdout });
    expect(readMerged(pinned, folder, result).outcome).toEqual({
      model: 'merged',
      api: 'merged',
      search: 'failed: head-moved',
    });
  });

  it('takes several patterns and gates, and another target', async () => {
    const repo = threeBranches();
    repo.git('branch', 'release');
    const args = ['--branches', 'mod*', '--branches', 'search', '--gate', 'a=1', '--gate', 'b=2'];
    const { stdout } = await plan(repo, ...args, '--target', 'release', '--json');
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 'v1',
      target: 'release',
      gates: [
        { name: 'a', run: '1' },
        { name: 'b', run: '2' },
      ],
      items: [{ name: 'model' }, { name: 'search' }],
    });
  });

  it('writes the same bytes for the same repository, with and without cached files', async () => {
    const repo = threeBranches();
    repo.branch('model-2', { model: '2\n' });
    const first = await plan(repo, gate, '--infer', 'overlap');
    const second = await plan(repo, gate, '--infer', 'overlap');
    expect(second.stdout).toBe(first.stdout);
    expect(first.stdout).toContain('  - name: model-2\n    deps: [model]\n');
  });

  it('with nothing to merge is a valid plan, with a note', async () => {
    const repo = create();
    const { code, stdout, stderr } = await plan(repo);
    expect(code).toBe(0);
    expect(stderr).toContain('plan: nothing to merge into main\n');
    expect(parse(stdout).items).toEqual([]);
    expect((await runCli(['merge', '-', '--execute'], { cwd: repo.path, input: stdout })).code).toBe(0);
  });

  it('of a fresh clone says that what there is to merge is on its remote', async () => {
    const repo = threeBranches();
    const clone = join(repo.root, 'clone');
    repo.git('clone', '-q', repo.path, clone);
    const { stderr } = await runCli(['plan'], { cwd: clone });
    const [, loop] = /3 branches of remotes are not merged, .*: (for .*; done) - or name them/.exec(stderr)!;
    execFileSync('sh', ['-ec', loop!], { cwd: clone, stdio: 'ignore' });
    const planned = await runCli(['plan'], { cwd: clone });
    expect(parse(planned.stdout).items).toHaveLength(3);
  });

  it('refuses what means nothing with exit code 2, and then writes nothing', async () => {
    const repo = threeBranches();
    const codes = async (...args: string[]) =>
      problemsOf(await plan(repo, '--json', '--out', 'out', ...args)).map(({ code }) => code);
    expect(await codes('--target', 'mian')).toEqual(['unknown-target']);
    expect(await codes('--branches', 'feature/*')).toEqual(['no-such-branches']);
    expect(await codes('--gate', 'make test')).toEqual(['bad-gate']);
    expect(await codes('--infer', 'guess')).toEqual(['usage']);
    expect(await codes('extra')).toEqual(['usage']);
    expect(existsSync(join(repo.path, 'out'))).toBe(false);
    const nowhere = await runCli(['plan', '--json'], { cwd: repo.root });
    expect(problemsOf(nowhere).map(({ code }) => code)).toEqual(['not-a-repository']);
  });

  it('keeps what a branch is called from reaching the terminal', async () => {
    const repo = create();
    repo.branch('evil-\u202egnp', { a: '1\n' });
    repo.git('branch', 'evil-\u202egnp-2', 'evil-\u202egnp');
    expect((await plan(repo)).stderr).not.toContain('\u202e');
  });

  it('starts as many git processes for 60 branches as for 6', async () => {
    const count = async (branches: number) => {
      const repo = create();
      for (let at = 0; at < branches; at++) {
        repo.branch(`b${at}`, { [`f${at % 5}`]: `${at}\n` }, 'main', 'change\n\nDepends-on: main');
        repo.git('update-ref', `refs/heads/c${at}`, `b${at}~0`);
      }
      repo.commit({ later: '1\n' });
      // One that merged the target has two fork points.
      repo.git('checkout', '-q', 'b0');
      repo.git('merge', '-q', '-m', 'catch up', 'main');
      const shim = join(repo.root, 'bin');
      const log = join(repo.root, 'processes');
      mkdirSync(shim);
      writeFileSync(join(shim, 'git'), `#!/bin/sh\necho x >> '${log}'\nPATH=\${PATH#*:} exec git "$@"\n`);
      chmodSync(join(shim, 'git'), 0o755);
      const env = { PATH: `${shim}:${process.env.PATH}` };
      const { code, stdout } = await runCli(['plan', '--infer', 'overlap', '--json'], {
        cwd: repo.path,
        env,
      });
      expect(code).toBe(0);
      expect(JSON.parse(stdout).items).toHaveLength(branches + 1);
      return readFileSync(log, 'utf8').length / 2;
    };
    const few = await count(6);
    expect(few).toBeGreaterThan(5);
    expect(await count(60)).toBe(few);
  });

  it('is shown with an example', async () => {
    const { code, stdout } = await runCli(['plan', '--help'], { cwd: create().path });
    expect(code).toBe(0);
    expect(stdout).toContain('$ lex-pr plan > plan.yaml');
  });
});
