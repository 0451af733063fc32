import { type CancelAnswer, cancelRun } from '../../lib/engine/cancel-run';
import { callRun } from '../../lib/engine/running';
import type { Workspace } from '../../lib/engine/workspace';
import { orderPlan } from '../../lib/plan/order';
import { decodeRecord } from '../../lib/run/record';
import { ItemStatus } from '../../lib/run/state';
import { createWorkload } from '../../lib/run/workload';
import type { PlanDocument } from '../support/cli';
import { TestRepository } from '../support/repository';
import { lastAct } from './cancelling';
import { begin, Died, goOn, type Life, RUN } from './dying-run';

const PLAN: PlanDocument = {
  gates: [{ name: 'test', run: 'test ! -e broken' }],
  items: [
    { name: 'a' },
    { name: 'b', deps: ['a'] },
    { name: 'broken' },
    { name: 'flaky', gates: [{ name: 'flaky', run: 'test "$LEX_PR_ATTEMPT" -gt 1', cache: 'off' }] },
  ],
  policy: { maxWorkers: 2, retries: { flaky: { maxAttempts: 2, backoffSeconds: 0.01 } } },
};

function makeRepository(): TestRepository {
  const repo = TestRepository.create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' }, 'a');
  repo.branch('broken', { broken: '1\n' });
  repo.branch('flaky', { flaky: '1\n' });
  return repo;
}

/** Cancels the run as another process does, which has the store and a repository of its own. */
async function cancel(workspace: Workspace): Promise<CancelAnswer> {
  const record = decodeRecord((await workspace.store.find(RUN))!.record);
  return cancelRun({
    store: workspace.store,
    record,
    load: createWorkload(orderPlan(record.plan), record.plan.policy, record),
    why: 'by a test',
    git: async () => workspace,
    onStopped: async () => callRun(workspace.home),
    now: Date.now,
  });
}

const DECIDED = [ItemStatus.cancelled, ItemStatus.gateFailed];

/** The answer was right: either nothing of the run is on the target, or all of it. */
function expectTrue(repo: TestRepository, base: string, answer: CancelAnswer, { state }: Life): void {
  const files = repo.git('ls-tree', '--name-only', 'main').split('\n');
  expect(state?.phase).toBe('done');
  expect(repo.git('status', '--porcelain')).toBe('');
  if (answer === 'cancelled') {
    expect(repo.git('rev-parse', 'main')).toBe(base);
    expect(state?.stopping).toBe(ItemStatus.cancelled);
    expect([...state!.items].filter((status) => !(DECIDED as number[]).includes(status))).toEqual([]);
    expect(lastAct(repo)).toBe('cancel');
  } else {
    expect(answer).toBe('too-late');
    expect(files).toEqual(['README', 'a', 'b', 'flaky']);
    expect(state?.stopping).toBeUndefined();
  }
}

/**
 * A run for each of its commits, two at a time, and one in which `isTime` is true at the first commit after the refs
 * have moved: how turns are combined in commits varies, so that the last number may fall behind the end.
 * @param body false: the run ended before that commit
 */
async function atEveryCommit(
  body: (repo: TestRepository, isTime: (commit: number) => boolean) => Promise<boolean>,
): Promise<void> {
  const template = makeRepository();
  const inCopy = async (time: (repo: TestRepository, commit: number) => boolean) => {
    const repo = template.copy();
    try {
      return await body(repo, (commit) => time(repo, commit));
    } finally {
      repo.remove();
    }
  };
  const from = async (first: number) => {
    for (let at = first; await inCopy((_, commit) => commit === at); ) at += 2;
  };
  try {
    await Promise.all([from(1), from(2)]);
    const base = template.git('rev-parse', 'main');
    await inCopy((repo) => repo.git('rev-parse', 'main') !== base);
  } finally {
    template.remove();
  }
}

describe('a run that is cancelled from outside', () => {
  it.each(['before', 'after'] as const)(
    'at any of its commits, %s it is written, ends there or has merged, as the answer says',
    async (when) => {
      const answers = new Set<CancelAnswer>();
      await atEveryCommit(async (repo, isTime) => {
        const base = repo.git('rev-parse', 'main');
        let answer: CancelAnswer | undefined;
        const life = await begin(repo, PLAN, undefined, async (commit, moment, workspace) => {
          if (moment === when && answer === undefined && isTime(commit)) answer = await cancel(workspace);
        });
        if (answer === undefined) return false;
        answers.add(answer);
        expectTrue(repo, base, answer, life);
        return true;
      });
      expect([...answers].sort()).toEqual(['cancelled', 'too-late']);
    },
    120_000,
  );

  it('and dies in the same moment, at any of its commits, ends as the answer says once it is resumed', async () => {
    const answers = new Set<CancelAnswer>();
    await atEveryCommit(async (repo, isTime) => {
      const base = repo.git('rev-parse', 'main');
      let answer: CancelAnswer | undefined;
      const life = await begin(repo, PLAN, undefined, async (commit, moment, workspace) => {
        if (moment === 'before' && answer === undefined && isTime(commit)) answer = await cancel(workspace);
        if (answer !== undefined) throw new Died();
      });
      if (answer === undefined) return false;
      answers.add(answer);
      expect(life.state).toBeUndefined();
      expectTrue(repo, base, answer, await goOn(repo));
      return true;
    });
    expect([...answers].sort()).toEqual(['cancelled', 'too-late']);
  }, 120_000);
});
