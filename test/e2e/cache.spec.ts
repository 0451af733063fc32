import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, mergePlan } from '../support/cli';
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

  it('executes again what is on another tree or defined in another way, and nothing else', async () => {
    const repo = create();
    const gates = [{ name: 'test', run: counting(repo) }];
    const items = stack(repo);
    await mergePlan(repo, { gates, items }, []);
    repo.branch('above', { above: '2\n' }, 'below');
    const second = await mergePlan(repo, { gates, items }, []);
    expect(items.map(({ name }) => itemOf(second, name).gates[0]!.cached)).toEqual([true, false]);
    expect(executions(repo)).toBe(3);
    await mergePlan(repo, { gates: [{ ...gates[0], env: { LEVEL: '2' } }], items }, []);
    expect(executions(repo)).toBe(5);
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
});
