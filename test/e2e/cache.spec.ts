import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, mergePlan, readMerged, runCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

const executions = (repo: TestRepository) => {
  const file = join(repo.root, 'executions');
  return existsSync(file) ? readFileSync(file, 'utf8').length : 0;
};
const counting = (repo: TestRepository, then = '') => `printf x >> '${repo.root}/executions'; ${then}`;

function stack(repo: TestRepository) {
  repo.branch('below', { below: '1\n' });
  repo.branch('above', { above: '1\n' }, 'below');
  return [{ name: 'below' }, { name: 'above', deps: ['below'] }];
}

describe('a second run of an unchanged plan', () => {
  it('executes no gate, and has the artifacts of the first', async () => {
    const repo = create();
    const gates = [{ name: 'build', run: counting(repo, 'mkdir out; ls > out/list'), artifacts: ['out/**'] }];
    const items = stack(repo);
    const first = await mergePlan(repo, { gates, items }, []);
    expect(executions(repo)).toBe(2);
    const kept = itemOf(first, 'above').gates[0]!.artifacts;
    expect(kept).toHaveLength(1);
    rmSync(artifactFolder(repo), { recursive: true });

    const second = await mergePlan(repo, { gates, items });
    expect(executions(repo)).toBe(2);
    expect(second.code).toBe(0);
    for (const { name } of items)
      expect(itemOf(second, name).gates).toMatchObject([
        { status: 'pass', cached: true, attempts: 0, lane: null },
      ]);
    expect(itemOf(second, 'above').gates[0]!.artifacts).toEqual(kept);
    const restored = readFileSync(join(artifactFolder(repo), kept[0]!), 'utf8');
    expect(restored).toContain('above\nbelow\n');
  });

  it('has the artifacts of the attempt that passed, not of those that failed before it', async () => {
    const repo = create();
    const flaky = `mkdir '${repo.root}/once' && : > first && exit 1; : > second`;
    const gates = [{ name: 'build', run: flaky, artifacts: ['first', 'second'] }];
    const plan = {
      gates,
      items: stack(repo).slice(0, 1),
      policy: { retries: { build: { maxAttempts: 2 } } },
    };
    await mergePlan(repo, plan, []);
    rmSync(artifactFolder(repo), { recursive: true });
    const again = await mergePlan(repo, plan, []);
    const [gate] = itemOf(again, 'below').gates;
    expect(gate).toMatchObject({ cached: true, artifacts: ['artifacts/below/build/second'] });
    expect(readdirSync(join(artifactFolder(repo), 'artifacts/below/build'))).toEqual(['second']);
  });

  it('executes again what is on another tree or defined in another way, and nothing else', async () => {
    const repo = create();
    const gates = [{ name: 'test', run: counting(repo) }];
    const items = stack(repo);
    const first = await mergePlan(repo, { gates, items }, []);
    const missed = (merged: typeof first) =>
      items.map(({ name }) => itemOf(merged, name).gates[0]!.cacheMiss);
    expect(missed(first)).toEqual([['never-passed'], ['never-passed']]);
    repo.branch('above', { above: '2\n' }, 'below');
    const second = await mergePlan(repo, { gates, items }, []);
    expect(items.map(({ name }) => itemOf(second, name).gates[0]!.cached)).toEqual([true, false]);
    expect(missed(second)).toEqual([null, ['content-changed']]);
    expect(executions(repo)).toBe(3);
    const third = await mergePlan(repo, { gates: [{ ...gates[0], env: { LEVEL: '2' } }], items }, []);
    expect(missed(third)).toEqual([['gate-changed'], ['gate-changed']]);
    expect(executions(repo)).toBe(5);
    const off = await mergePlan(repo, { gates: [{ ...gates[0], cache: 'off' }], items }, []);
    expect(missed(off)).toEqual([['off'], ['off']]);
  });

  it('executes failed gates again', async () => {
    const repo = create();
    const gates = [{ name: 'test', run: counting(repo, 'exit 1') }];
    const items = stack(repo).slice(0, 1);
    for (const count of [1, 2]) {
      const { code } = await mergePlan(repo, { gates, items }, []);
      expect(code).toBe(1);
      expect(executions(repo)).toBe(count);
    }
  });

  it('executes gates with cache: off, and all of them when caching is off', async () => {
    const repo = create();
    const items = stack(repo).slice(0, 1);
    const off = [{ name: 'test', run: counting(repo), cache: 'off' }];
    await mergePlan(repo, { gates: off, items }, []);
    // The item, and the woven commit.
    expect(executions(repo)).toBe(2);
    await mergePlan(repo, { gates: off, items }, []);
    expect(executions(repo)).toBe(4);
    const tree = [{ name: 'test', run: counting(repo) }];
    const policy = { performance: { enableCaching: false } };
    await mergePlan(repo, { gates: tree, items, policy }, []);
    expect(executions(repo)).toBe(6);
  });
});

describe('two items of one tree', () => {
  it('share one execution of a gate', async () => {
    const repo = create();
    repo.branch('one', { same: '1\n' });
    repo.branch('two', { same: '1\n' });
    const gates = [{ name: 'test', run: counting(repo, 'sleep 0.2') }];
    const { code } = await mergePlan(repo, { gates, items: [{ name: 'one' }, { name: 'two' }] });
    expect(code).toBe(0);
    expect(executions(repo)).toBe(1);
  });

  it('each have the artifacts of its failure, whichever of them ran it', async () => {
    const repo = create();
    const names = ['one', 'two'];
    for (const name of names) repo.branch(name, { same: '1\n' });
    const run = counting(repo, 'echo why > reason; sleep 0.3; exit 1');
    const gates = [{ name: 'test', run, artifacts: ['reason'] }];
    const items = names.map((name) => ({ name }));
    const merged = await mergePlan(repo, { gates, items, policy: { maxWorkers: 2 } });
    for (const name of names) {
      const [gate] = itemOf(merged, name).gates;
      expect(gate).toMatchObject({ status: 'fail', exitCode: 1 });
      const kept = gate!.artifacts.map((path) => readFileSync(join(artifactFolder(repo), path), 'utf8'));
      expect(kept).toEqual(['why\n']);
    }
  });
});

describe('artifacts at paths of about the greatest length there is', () => {
  it('are kept or noted, and the pass counts, remembered or not', async () => {
    const repo = create();
    const items = stack(repo).slice(0, 1);
    const name = 'x'.repeat(200);
    const dig = `i=0; while [ $i -lt 30 ]; do mkdir ${name}; cd ${name}; echo x > file; i=$((i+1)); done`;
    const gates = [{ name: 'test', run: counting(repo, dig), artifacts: ['**'] }];
    for (const _ of ['first', 'second']) {
      const merged = await mergePlan(repo, { gates, items }, []);
      expect(merged.outcome).toEqual({ below: 'merged' });
      const [gate] = itemOf(merged, 'below').gates;
      for (const path of gate!.artifacts)
        expect(readFileSync(join(artifactFolder(repo), path), 'utf8')).toMatch(/^(x|1|base)\n$/);
      expect(gate!.artifacts.length).toBeGreaterThan(10);
    }
    expect(executions(repo)).toBeGreaterThanOrEqual(1);
  });

  it('are left out with a note where the artifact folder is too far down for them', async () => {
    const repo = create();
    const items = stack(repo).slice(0, 1);
    const path = Array.from({ length: 15 }, () => 'x'.repeat(200)).join('/');
    const gates = [
      { name: 'test', run: `mkdir -p ${path} && echo x > ${path}/file`, artifacts: ['**/file'] },
    ];
    const plan = { gates, items };
    const folder = join(repo.root, ...Array.from({ length: 6 }, () => 'y'.repeat(200)));
    const args = ['merge', writePlan(repo, plan), '--artifact-dir', folder];
    const merged = readMerged(plan, folder, await runCli(args, { cwd: repo.path }));
    expect(merged.code).toBe(0);
    expect(itemOf(merged, 'below').gates).toMatchObject([{ status: 'pass', artifacts: [] }]);
    expect(itemOf(merged, 'below').gates[0]!.note).toContain('too long');
  });
});
