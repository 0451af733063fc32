import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fenceRef } from '../../lib/merge/fence';
import type { Report } from '../../lib/report/report';
import { followUntil, hostedRepositories, landed, outcomeOf, reportOf, submit } from '../aws/cloud';
import { mergePlan, type PlanDocument } from '../support/cli';
import type { TestRepository } from '../support/repository';

const hosted = hostedRepositories();

/** The runs that have moved the fence of `main`, the last one first. */
const movers = (repo: TestRepository): string[] =>
  repo
    .git('log', '--walk-reflogs', '--format=%B%x00', fenceRef('main'), '--')
    .split('\0')
    .flatMap((message) => /^run: (.*)$/m.exec(message)?.[1] ?? []);

it.each([1, 2, 3])(
  'a laptop and the stack land on one target one after the other, unseen by neither (%i)',
  async (round) => {
    const host = await hosted((made) => {
      made.commit({ round: `${round}` });
      made.branches(['a', 'b', 'c', 'd', 'both'].map((name) => ({ name })));
      made.git('config', 'core.logAllRefUpdates', 'always');
    });
    const { repo, server } = host;
    const base = repo.git('rev-parse', 'main');
    const folder = join(repo.root, 'laptop');
    mkdirSync(folder);
    const go = join(repo.root, 'go');
    // Both are in the middle of their gates when they may go on.
    const gateOf = (who: string) => ({
      name: 'test',
      run: `touch '${repo.root}/${who}'; until [ -e '${go}' ]; do sleep 0.05; done`,
      cache: 'off',
    });
    const plan = (who: string, names: string[]): PlanDocument => ({
      repository: server.url,
      gates: [gateOf(who)],
      items: names.map((name) => ({ name })),
      policy: { maxWorkers: 2, integration: { gates: [{ name: 'whole', run: 'true' }] } },
    });
    const cloudPlan = plan('cloud', ['a', 'b', 'both']);
    const run = await submit(host, cloudPlan);
    const here = mergePlan(repo, plan('laptop', ['c', 'd', 'both']), ['--execute'], { cwd: folder });
    await followUntil(
      run,
      () => existsSync(join(repo.root, 'cloud')) && existsSync(join(repo.root, 'laptop')),
    );
    writeFileSync(go, '');
    const [cloud, laptop] = await Promise.all([reportOf(run, cloudPlan), here]);

    expect(outcomeOf(cloud)).toEqual({ a: 'merged', b: 'merged', both: 'merged' });
    expect(laptop.outcome).toEqual({ c: 'merged', d: 'merged', both: 'merged' });
    // Each item is there once, each run in one piece, and the later one was woven on what the earlier one has landed.
    const names = landed(repo, base);
    expect(names.toSorted()).toEqual(['a', 'b', 'both', 'c', 'd']);
    const [first, second] = [cloud, laptop.report].toSorted((x, y) => ofRun(names, x) - ofRun(names, y)) as [
      Report,
      Report,
    ];
    expect(second.target.after).toBe(repo.git('rev-parse', 'main'));
    expect(repo.git('merge-base', '--is-ancestor', first.target.after, second.target.after)).toBe('');
    expect(second.integration?.commit).toBe(second.target.after);
    expect(second.items.find(({ name }) => name === 'both')?.reason).toContain('nothing to do');
    expect(movers(repo)).toEqual([second.runId, first.runId]);
  },
);

/** Where the first item that a run alone has begins. */
const ofRun = (names: readonly string[], { engine }: Report) => names.indexOf(engine === 'aws' ? 'a' : 'c');
