import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { itemOf, mergePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

describe('policy.failFast', () => {
  it('starts nothing more after a failure, lands nothing, and says who failed', async () => {
    const repo = create();
    for (const name of ['a', 'b', 'c', 'later', 'on-b']) repo.branch(name, { [name]: '1\n' });
    const before = repo.git('rev-parse', 'main');
    const ran = join(repo.root, 'ran');
    const plan = {
      gates: [{ name: 'test', run: 'true' }],
      items: [
        { name: 'a', priority: 2 },
        { name: 'b', priority: 1, gates: [{ name: 'test', run: 'exit 3' }] },
        { name: 'c', deps: ['a'] },
        { name: 'later', gates: [{ name: 'test', run: `touch '${ran}'` }] },
        { name: 'on-b', deps: ['b'] },
      ],
      policy: { failFast: true, maxWorkers: 1 },
    };
    for (const args of [[], ['--execute']]) {
      const merged = await mergePlan(repo, plan, args);
      expect(merged.code).toBe(1);
      expect(merged.report.status).toBe('failed');
      expect(merged.outcome).toEqual({
        a: 'skipped',
        b: 'failed: gate-failed',
        c: 'skipped',
        later: 'skipped',
        'on-b': 'blocked',
      });
      expect(itemOf(merged, 'a').reason).toBe('fail-fast: b failed');
      expect(itemOf(merged, 'later').gates[0]).toMatchObject({ status: 'skipped', attempts: 0 });
      expect(itemOf(merged, 'on-b')).toMatchObject({ blockedBy: 'b', path: ['on-b', 'b'] });
      expect(merged.stdout).toContain('fail-fast: b failed');
      expect(existsSync(ran)).toBe(false);
      expect(repo.git('rev-parse', 'main')).toBe(before);
    }
  });

  it('lets gates that run end, which decide nothing', async () => {
    const repo = create();
    for (const name of ['bad', 'slow']) repo.branch(name, { [name]: '1\n' });
    const started = join(repo.root, 'started');
    const merged = await mergePlan(repo, {
      items: [
        // It fails once the other one runs, which goes on for as long as its file is there.
        {
          name: 'bad',
          gates: [{ name: 'test', run: `until test -e '${started}'; do sleep 0.05; done; exit 3` }],
        },
        { name: 'slow', gates: [{ name: 'test', run: `touch '${started}'; sleep 0.5; echo over` }] },
      ],
      policy: { failFast: true, maxWorkers: 2 },
    });
    expect(merged.outcome).toEqual({ bad: 'failed: gate-failed', slow: 'skipped' });
    expect(itemOf(merged, 'slow').gates[0]).toMatchObject({ status: 'pass', exitCode: 0 });
  });
});
