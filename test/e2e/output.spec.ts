import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { artifactFolder, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

/** A plan in which about everything happens that a report can tell. */
function richPlan(repo: TestRepository) {
  repo.branch('shared', { shared: '1\n' });
  repo.branch('clash', { file: 'clash\n' });
  repo.branch('crash', { file: 'crash\n' });
  repo.branch('empty', {});
  repo.branch('bad', { bad: '1\n' });
  repo.branch('slow', { slow: '1\n' });
  repo.branch('above', { above: '1\n' }, 'bad');
  const once = `test -e '${repo.root}/tried' || { : > '${repo.root}/tried'; exit 1; }`;
  return {
    gates: [
      { name: 'test', run: 'echo testing; ! test -e bad' },
      { name: 'flaky', run: `echo > out; ${once}`, artifacts: ['out'] },
      { name: 'style', run: 'kill -9 $$' },
      { name: 'limit', run: '! test -e slow || sleep 60', timeoutSeconds: 0.3 },
    ],
    policy: {
      optionalGates: ['style'],
      retries: { flaky: { maxAttempts: 2 } },
      integration: { gates: ['test'] },
      maxWorkers: 2,
    },
    items: [
      ...['shared', 'clash', 'crash', 'empty', 'bad', 'slow'].map((name) => ({ name })),
      { name: 'above', deps: ['bad'] },
    ],
  };
}

const OUTCOME = {
  shared: 'merged',
  clash: 'merged',
  crash: 'failed: conflict',
  empty: 'merged',
  bad: 'failed: gate-failed',
  slow: 'failed: gate-failed',
  above: 'blocked',
};

describe('the report of a run in which much happens', () => {
  it('is what its schema says', async () => {
    const repo = create();
    const { report, outcome, code } = await mergePlan(repo, richPlan(repo));
    expect(outcome).toEqual(OUTCOME);
    expect(code).toBe(1);
    const schema = JSON.parse(readFileSync(join(__dirname, '../../docs/schemas/report.schema.json'), 'utf8'));
    const validate = new Ajv2020({ allErrors: true, formats: { 'date-time': true } }).compile(schema);
    validate(report);
    expect(validate.errors ?? []).toEqual([]);
    // Nobody bills for this machine.
    expect(report).not.toHaveProperty('cost');
    const statuses = new Set(report.items.flatMap(({ gates }) => gates.map(({ status }) => status)));
    expect(statuses).toEqual(new Set(['pass', 'fail', 'timeout', 'skipped']));
    expect(report.items.flatMap(({ gates }) => gates).some(({ flaky }) => flaky)).toBe(true);
  });
});

describe('standard output', () => {
  it.each([[['--json']], [['--log-format', 'json']]])(
    'holds exactly one JSON document with %j: the report',
    async (args) => {
      const repo = create();
      const { stdout, stderr, report } = await mergePlan(repo, richPlan(repo), args);
      expect(stdout.trimEnd()).not.toContain('\n');
      expect(JSON.parse(stdout)).toEqual(report);
      const lines = stderr.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(5);
      const { runId: run } = report;
      for (const line of lines)
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), event: expect.any(String), run });
    },
  );

  it('holds a summary for people otherwise; no control sequences where it is no terminal', async () => {
    const repo = create();
    const { stdout, stderr } = await mergePlan(repo, richPlan(repo), []);
    for (const text of [stdout, stderr]) expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    for (const name of Object.keys(OUTCOME)) expect(stdout).toContain(name);
    expect(stdout).toContain(join(artifactFolder(repo), 'report.json'));
    const markdown = readFileSync(join(artifactFolder(repo), 'report.md'), 'utf8');
    for (const name of Object.keys(OUTCOME)) expect(markdown).toContain(name);
  });
});

describe('--max-workers', () => {
  it('replaces policy.maxWorkers: no more gates run at once', async () => {
    const repo = create();
    const names = ['a', 'b', 'c', 'd'];
    repo.branches(names.map((name) => ({ name })));
    const running = `'${repo.root}/running'`;
    const alone = { name: 'alone', run: `mkdir ${running} && sleep 0.05 && rmdir ${running}` };
    const { code, report } = await mergePlan(
      repo,
      { gates: [alone], items: names.map((name) => ({ name })), policy: { maxWorkers: 4 } },
      ['--execute', '--max-workers', '1'],
    );
    expect(code).toBe(0);
    expect(report.maxWorkers).toBe(1);
  });

  it('of two lets two gates run at once, which wait for each other', async () => {
    const repo = create();
    repo.branches([{ name: 'a' }, { name: 'b' }]);
    const fifo = join(repo.root, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const items = [
      { name: 'a', gates: [{ name: 'meet', run: `echo hello > '${fifo}'` }] },
      { name: 'b', gates: [{ name: 'meet', run: `read -r line < '${fifo}'` }] },
    ];
    const plan = { gates: [], items, policy: { maxWorkers: 1, integration: 'none' } };
    const { code } = await mergePlan(repo, plan, ['--execute', '--max-workers', '2']);
    expect(code).toBe(0);
  });
});
