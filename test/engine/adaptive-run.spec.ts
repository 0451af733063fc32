import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lanesOnAws } from '../../lib/engine/aws/lanes';
import { lanesFor } from '../../lib/engine/lanes';
import { carryOn, createRun } from '../../lib/engine/local';
import { prepareRun } from '../../lib/engine/prepare';
import { lanesOf } from '../../lib/engine/take-over';
import { openWorkspace } from '../../lib/engine/workspace';
import { orderPlan } from '../../lib/plan/order';
import { readPlan } from '../../lib/plan/read-plan';
import { checkReport } from '../../lib/report/check';
import { ItemStatus } from '../../lib/run/state';
import { createWorkload } from '../../lib/run/workload';
import { mergePlan, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const items = NAMES.map((name) => ({ name }));

describe('maxWorkers: auto', () => {
  it('lets more gates run at once where the machine has room: as many as wait for each other', async () => {
    const repo = create();
    repo.branches(items);
    const meeting = join(repo.root, 'meeting');
    mkdirSync(meeting);
    // Each goes on once all of them are there.
    const run = `touch '${meeting}'/$LEX_PR_TREE; until [ $(ls '${meeting}' | wc -l) -ge ${NAMES.length} ]; do sleep 0.05; done`;
    const policy = { maxWorkers: 'auto', integration: 'none' };
    const path = writePlan(repo, { gates: [{ name: 'meet', run }], items, policy });
    const plan = await readPlan(path, { stdin: process.stdin, cwd: repo.path, defaultRepository: repo.path });
    const workspace = await openWorkspace(repo.path, plan.repository);
    try {
      const ordered = orderPlan(plan);
      const record = await prepareRun(workspace, plan, ordered, {
        id: '20260101-000000-0000',
        execute: false,
        engine: 'local',
        gatesOnly: false,
        ...lanesFor(plan.policy.maxWorkers, 2),
        artifactFolder: join(repo.root, 'artifacts'),
        startedAt: 1_700_000_000_000,
      });
      const load = createWorkload(ordered, plan.policy, record);
      const local = { workspace, record, ordered, load };
      await createRun(local);
      const idle = { cpuUsed: 0, cpuPressure: 0, ioPressure: 0, memoryPressure: 0, memoryFree: 1 };
      const limits: number[] = [];
      const observer = {
        loadSampler: { idle() {}, load: () => idle },
        onActive() {},
        onCommit: (_: unknown, { limit }: { limit: number }) => void limits.push(limit),
      };
      const { state, ended } = await carryOn(local, observer, new AbortController().signal);
      expect(ended).toBe(true);
      expect([...state.items]).toEqual(NAMES.map(() => ItemStatus.woven));
      expect(Math.max(...limits)).toBeGreaterThanOrEqual(NAMES.length);
      expect(Math.max(...limits)).toBeLessThanOrEqual(lanesOf(record, load));
    } finally {
      await workspace.close();
    }
  });

  it('is told in the report, whose maxWorkers is the bound', async () => {
    const repo = create();
    repo.branches(items);
    const gates = [{ name: 'test', run: 'true' }];
    const { report, code } = await mergePlan(repo, { gates, items }, ['--max-workers', 'auto']);
    const { lanes } = lanesFor('auto');
    expect([code, report.maxWorkers, report.workers?.mode]).toEqual([0, lanes, 'auto']);
    const { min, max, mean, changes, last } = report.workers!;
    expect(last).toHaveLength(changes + 1);
    for (const limit of [mean, ...last.map((change) => change.limit)]) {
      expect(limit).toBeGreaterThanOrEqual(min);
      expect(limit).toBeLessThanOrEqual(max);
    }
    expect(max).toBeLessThanOrEqual(lanes);
    expect(report.metrics.lex_pr_worker_limit).toMatchObject({ value: last.at(-1)!.limit, max });
    expect(
      checkReport(report, { items: items.map(({ name }) => ({ name, deps: [] })), maxWorkers: max }),
    ).toEqual([]);
  });

  it('has eight lanes for each core here; on AWS as many as a plan that says nothing', () => {
    expect(lanesFor('auto', 2)).toEqual({ lanes: 16, adaptive: true });
    expect(lanesFor('auto', 2_000)).toEqual({ lanes: 10_000, adaptive: true });
    expect(lanesFor(3, 2)).toEqual({ lanes: 3 });
    expect(lanesOnAws(null, 'auto', 200)).toBe(40);
    expect(lanesOnAws(null, 'auto', 8)).toBe(8);
    expect(lanesOnAws(7, 'auto', 200)).toBe(7);
    expect(lanesOnAws(null, 3, 200)).toBe(3);
  });
});
