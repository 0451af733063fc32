import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../lib/cli/main';
import { type TestRepository, testRepositories } from '../support/repository';

const ROOT = join(__dirname, '../..');
const create = testRepositories();

/** As somebody's shell has it, rather than the npm that runs the tests. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$/i.test(name))),
  npm_config_userconfig: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
};
const version = execFileSync('npm', ['--version'], { encoding: 'utf8', env: environment });
/** npm 12 refuses flags that it does not know; there only the form with `--` is left. */
const swallows = Number.parseInt(version, 10) < 12;

/** A checkout of lex-pr, whose gate installs nothing, with three branches, the last of which needs the first, and a plan.json. */
function checkout(performance: Record<string, unknown> = {}): TestRepository {
  const repo = create();
  const { name, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  copyFileSync(join(ROOT, '.npmrc'), join(repo.path, '.npmrc'));
  repo.commit({
    'package.json': JSON.stringify({ name, scripts: { cli: scripts.cli, test: 'test -f README' } }),
    '.gitignore': 'node_modules\ndist\n*plan.json\n',
  });
  symlinkSync(join(ROOT, 'dist'), join(repo.path, 'dist'));
  symlinkSync(join(ROOT, 'node_modules'), join(repo.path, 'node_modules'));
  repo.branch('first', { first: '1\n' });
  repo.branch('other', { other: '1\n' });
  repo.branch('last', { last: '1\n' }, 'first');
  const plan = {
    schemaVersion: 'v1',
    target: 'main',
    gates: [{ name: 'test', run: 'sleep 0.1' }],
    items: [{ name: 'first' }, { name: 'other' }, { name: 'last', deps: ['first'] }],
    policy: { maxWorkers: 2, performance },
  };
  writeFileSync(join(repo.path, 'plan.json'), JSON.stringify(plan));
  return repo;
}

/** Runs a line of the specification in a shell, its `/tmp` being the test's own. */
function shell(repo: TestRepository, line: string) {
  const own = line.replaceAll('/tmp/', `${repo.root}/`);
  const command = swallows ? own : own.replace('npm run cli', 'npm run cli --');
  const { status, stdout, stderr } = spawnSync('/bin/bash', ['-o', 'pipefail', '-c', command], {
    cwd: repo.path,
    encoding: 'utf8',
    env: environment,
  });
  return { code: status, stdout, stderr };
}

describe("the specification's commands, as they stand", () => {
  it('plan the branches, merge the plan, and find the artifacts where they were asked for', () => {
    const repo = checkout();
    const planned = shell(repo, 'npm run cli plan --out /tmp/large-plan --json > large-plan.json');
    expect(planned).toMatchObject({ code: 0, stdout: '' });
    const plan = JSON.parse(readFileSync(join(repo.path, 'large-plan.json'), 'utf8'));
    expect(plan.items.map((item: { name: string }) => item.name).sort()).toEqual(['first', 'last', 'other']);
    expect(existsSync(join(repo.root, 'large-plan/plan.json'))).toBe(true);

    const merged = shell(repo, 'npm run cli merge large-plan.json --execute --artifact-dir /tmp/artifacts');
    expect(merged).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Merged all 3 items into main/) });
    const report = JSON.parse(readFileSync(join(repo.root, 'artifacts/report.json'), 'utf8'));
    expect(report).toMatchObject({ status: 'merged', dryRun: false });
    expect(readFileSync(join(repo.root, 'artifacts/metrics.prom'), 'utf8')).toContain(
      'lex_pr_merge_success_total 3\n',
    );
    expect(repo.show('main', 'last')).toBe('1');
  });

  it('show memory warnings, throttling and workers in the logs', () => {
    const repo = checkout({ maxMemoryMB: 1 });
    const { code, stderr } = shell(repo, 'NODE_OPTIONS="--expose-gc" npm run cli merge plan.json --execute');
    expect(code).toBe(0);
    expect(stderr).toMatch(/memory is above its threshold: \d+ of 1 MB/);
    expect(stderr).toContain('new gates are held back until memory drops');
    expect(stderr).toMatch(/gates go on after \d+\.\d s/);
    expect(stderr).toMatch(/^gate test of first taken up, lane \d, \d active$/m);
    expect(stderr).toMatch(/^gate test of first passed in \d+ms, lane \d, \d active$/m);
    expect(stderr).toMatch(/cache operation=gate hits=0 misses=4$/m);
  });

  it("pipe one JSON document, whose `.metrics` has the specification's names", () => {
    const repo = checkout();
    const jq = spawnSync('jq', ['--version']).status === 0;
    const line = 'npm run cli merge plan.json --execute --log-format json';
    const { code, stdout } = shell(repo, jq ? `${line} | jq '.metrics'` : line);
    expect(code).toBe(0);
    const metrics = jq ? JSON.parse(stdout) : JSON.parse(stdout).metrics;
    expect(metrics.active_workers.max).toBe(2);
    expect(metrics.memory_usage_bytes.value).toBeGreaterThan(1_000_000);
    expect(metrics.gate_execution_seconds.count).toBe(4);
    expect(metrics.gate_execution_seconds.mean).toBeGreaterThan(0.1);
    expect(metrics.merge_execution_seconds.count).toBe(3);
  });
});

describe('npm run cli', () => {
  it('takes the same arguments after --', () => {
    const repo = checkout();
    const { code, stdout } = shell(repo, 'npm run cli -- merge-order plan.json --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).order).toHaveLength(3);
  });

  it('means the folder in which npm was called', () => {
    const repo = checkout();
    repo.commit({ 'below/x': '1\n' });
    const { code, stdout } = shell(repo, 'cd below && npm run cli merge-order ../plan.json');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('first') });
  });

  const refused = swallows ? it : it.skip;
  refused('refuses a flag that npm takes for one of its own, naming the form with --', () => {
    const repo = checkout();
    const { code, stdout, stderr } = shell(repo, 'npm run cli merge-order plan.json --format mermaid');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('npm run cli -- merge-order');
  });

  refused.each(['--execute --dry-run', '--execute --target=release', '--execute --gates-only', '--exec'])(
    'lands nothing with a flag that merge does not have: %s',
    (flags) => {
      const repo = checkout();
      repo.git('branch', 'release');
      const heads = repo.git('for-each-ref');
      const { code, stdout, stderr } = shell(repo, `npm run cli merge plan.json ${flags}`);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('npm run cli -- merge');
      expect(repo.git('for-each-ref')).toBe(heads);
    },
  );

  refused('hears of every switch that a command has: npm keeps none for itself', () => {
    const repo = create();
    const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, cwd: '/', env: {} };
    const switches = createProgram('0', io, () => {}).commands.flatMap(({ options }) =>
      options.filter((option) => option.isBoolean() && option.long !== '--version').map(({ long }) => long!),
    );
    const script = 'node -p "Object.keys(process.env).join()"';
    writeFileSync(join(repo.path, 'package.json'), JSON.stringify({ name: 'x', scripts: { cli: script } }));
    const all = [...new Set(switches)];
    const { stdout } = shell(repo, `npm run --silent cli ${all.join(' ')}`);
    expect(all).toContain('--execute');
    for (const long of all)
      expect(stdout.trim().split(',')).toContain(`npm_config_${long.slice(2).replaceAll('-', '_')}`);
  });
});
