import { SCHEDULED_TIME } from '../../../lib/engine/aws/firing';
import { targetKey } from '../../../lib/run/run-index';
import type { TestRepository } from '../../support/repository';
import { atOnce, carry, failOnce, newToken, once, type Stack, testStacks, twice } from './stack';

const newStack = testStacks();

const DUE = '2026-11-26T03:00:00Z';
const ways = [
  ['once', once],
  ['twice', twice],
  ['twice at once', atOnce],
] as const;
const apart = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }]);

/** What the stack has written for a schedule. */
const event = ({ server }: Stack, more: object = {}) => ({
  schedule: 'nightly',
  due: DUE,
  plan: { from: 'branches', repository: server.url, gates: ['test=true'] },
  execute: true,
  maxWorkers: null,
  whenBusy: 'queue',
  ...more,
});

const STORED = { bucket: 'assets', key: 'hash.yaml', file: 'nightly.yaml' };
const store = ({ blobs, server }: Stack, plan: object) =>
  blobs.put(
    'assets/hash.yaml',
    JSON.stringify({ schemaVersion: 'v1', target: 'main', repository: server.url, ...plan }),
  );

const runs = async ({ stores }: Stack) => (await stores.index.page(10)).runs.map(({ id }) => id);
const skips = ({ samples }: Stack) => samples.filter(({ name }) => name === 'lex_pr_schedule_skips_total');

describe('a schedule that is due', () => {
  it.each(ways)('starts a run for the branches that there are then, delivered %s', async (_, how) => {
    const stack = await newStack(apart);
    const fired = await once(stack)(({ schedule }) => schedule(event(stack), 'call-1'));
    expect(fired).toEqual({ run: 'nightly-20261126T030000', created: true });
    expect(await how(stack)(({ schedule }) => schedule(event(stack), 'call-2'))).toEqual({
      ...fired,
      created: false,
    });
    expect(await runs(stack)).toEqual(['nightly-20261126T030000']);
    expect([...stack.executions]).toEqual(['nightly-20261126T030000-1']);
    await carry(stack, 'nightly-20261126T030000', how(stack));
    const report = stack.report('nightly-20261126T030000');
    expect([report.status, report.dryRun]).toEqual(['merged', false]);
    expect(report.items.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('starts one run for all who deliver it first at the same time', async () => {
    const stack = await newStack(apart);
    const calls = Array.from({ length: 5 }, (_, k) =>
      stack.functions().schedule(event(stack, { whenBusy: k % 2 ? 'skip' : 'queue' }), `call-${k}`),
    );
    const fired = await Promise.all(calls);
    expect(fired.filter((one) => 'created' in one && one.created)).toHaveLength(1);
    expect(skips(stack)).toEqual([]);
    expect(await runs(stack)).toEqual(['nightly-20261126T030000']);
    expect(stack.executions.size).toBe(1);
  });

  it.each(ways)('starts a run of a plan that was stored, delivered %s', async (_, how) => {
    const stack = await newStack(apart);
    await store(stack, { items: [{ name: 'b' }], gates: [{ name: 'test', run: 'true' }] });
    await stack.functions().schedule(event(stack, { plan: STORED, maxWorkers: 3 }), 'call-0');
    await how(stack)(({ schedule }) => schedule(event(stack, { plan: STORED, maxWorkers: 3 }), 'call'));
    const [run] = await runs(stack);
    await carry(stack, run!, once(stack));
    const report = stack.report(run!);
    expect([report.status, report.maxWorkers]).toEqual(['merged', 3]);
    expect(stack.repo.git('branch', '--merged', 'main').split('\n')).toHaveLength(2);
  });

  it('tries out, and moves nothing, where it was told to', async () => {
    const stack = await newStack(apart);
    const before = stack.repo.git('rev-parse', 'main');
    await stack.functions().schedule(event(stack, { execute: false }), 'call');
    const [run] = await runs(stack);
    await carry(stack, run!, once(stack));
    expect(stack.report(run!)).toMatchObject({ status: 'merged', dryRun: true });
    expect(stack.repo.git('rev-parse', 'main')).toBe(before);
  });

  it('is another run each time, and for each call by hand, but not when that is tried again', async () => {
    const stack = await newStack(apart);
    const fire = (due: string | undefined, call: string) =>
      stack.functions().schedule(event(stack, { due }), call);
    await fire(DUE, 'a');
    await fire('2026-11-27T03:00:00Z', 'b');
    const { run: byHand } = (await fire(undefined, 'c')) as { run: string };
    expect(await fire(undefined, 'c')).toEqual({ run: byHand, created: false });
    expect(await fire(SCHEDULED_TIME, 'd')).toMatchObject({ created: true });
    expect(await runs(stack)).toHaveLength(4);
    for (const run of await runs(stack)) expect(run).toMatch(/^nightly-[\dT]{15}$|^nightly-[\da-f]{15}$/);
  });

  it('goes on where it died between submitting its run and starting it', async () => {
    const stack = await newStack(apart);
    failOnce(stack.stores.index, 'submit', 'after');
    const skip = event(stack, { whenBusy: 'skip' });
    await expect(stack.functions().schedule(skip, 'call')).rejects.toThrow('died');
    expect(stack.executions.size).toBe(0);
    await stack.functions().schedule(skip, 'call');
    expect([...stack.executions]).toEqual(['nightly-20261126T030000-1']);
  });
});

describe('a schedule that meets a run on its target', () => {
  /** A run that was let in to the target. */
  async function busy(stack: Stack): Promise<string> {
    const run = await stack.submit({ items: [{ name: 'a' }] });
    await stack.functions().queue({ run, generation: 1, token: newToken() });
    return run;
  }

  it('waits behind it', async () => {
    const stack = await newStack(apart);
    const first = await busy(stack);
    await stack.functions().schedule(event(stack), 'call');
    const run = 'nightly-20261126T030000';
    await stack.functions().queue({ run, generation: 1, token: newToken() });
    const line = await stack.stores.queue.list(targetKey(stack.server.url, 'main'));
    expect(line.map((entry) => entry.run)).toEqual([first, run]);
  });

  it.each(ways)('starts nothing where it is to skip then, called %s, and that is counted', async (_, how) => {
    const stack = await newStack(apart);
    const first = await busy(stack);
    const skip = event(stack, { whenBusy: 'skip' });
    expect(await how(stack)(({ schedule }) => schedule(skip, 'call'))).toEqual({ skipped: first });
    expect(await runs(stack)).toEqual([first]);
    const said = { event: 'skipped', run: 'nightly-20261126T030000', schedule: 'nightly', busy: first };
    expect(stack.logs).toContainEqual(expect.objectContaining(said));
    expect(skips(stack)[0]).toMatchObject({ value: 1, unit: 'Count', dimensions: { schedule: 'nightly' } });
    await carry(stack, first, once(stack));
    const next = { ...skip, due: '2026-11-27T03:00:00Z' };
    expect(await stack.functions().schedule(next, 'call')).toMatchObject({ created: true });
  });

  it('skips for one that has not come to its line yet, and not for one on another branch', async () => {
    const stack = await newStack((repo) => {
      apart(repo);
      repo.git('branch', 'release');
    });
    await stack.submit({ target: 'release', items: [{ name: 'a' }] });
    const skip = event(stack, { whenBusy: 'skip' });
    expect(await stack.functions().schedule(skip, 'call')).toMatchObject({ created: true });
    const next = { ...skip, due: '2026-11-27T03:00:00Z' };
    expect(await stack.functions().schedule(next, 'call')).toEqual({ skipped: 'nightly-20261126T030000' });
  });
});

describe('a schedule that cannot start a run fails, so that it is tried again and kept', () => {
  it.each([
    ['there is no stored plan', undefined, 'not where it was stored'],
    ['the stored plan is none', { items: [{ name: 'a', deps: ['x'] }] }, 'x'],
    ['the stored plan names no repository', { repository: undefined, items: [] }, 'names no repository'],
  ])('as where %s', async (_, plan, message) => {
    const stack = await newStack(apart);
    if (plan !== undefined) await store(stack, plan);
    for (const call of [1, 2])
      await expect(stack.functions().schedule(event(stack, { plan: STORED }), `${call}`)).rejects.toThrow(
        message,
      );
    expect(await runs(stack)).toEqual([]);
    expect(stack.executions.size).toBe(0);
  });

  it.each([
    ['of a time that is none', { due: 'tomorrow' }],
    ['without a name', { schedule: '' }],
    ['of a plan that is none', { plan: { from: 'tags' } }],
    ['with more than there is', { more: 1 }],
  ])('as called %s', async (_, more) => {
    const stack = await newStack();
    await expect(stack.functions().schedule(event(stack, more), 'call')).rejects.toThrow('"code"');
  });
});

it('a run that is refused ends so, unless it was cancelled', async () => {
  const stack = await newStack(apart);
  const end = async (run: string) => {
    await stack.functions().prepare({ run, generation: 1 });
    return stack.functions().report({ run, generation: 1 });
  };
  const plan = { from: 'branches', repository: stack.server.url, target: 'trunk' };
  await stack.functions().schedule(event(stack, { plan }), 'call');
  expect(await end('nightly-20261126T030000')).toEqual({ end: 'refused' });
  const run = await stack.submit({ items: [{ name: 'a' }] });
  await stack.functions().control({ action: 'cancel', run, why: 'not today' });
  expect(await end(run)).toEqual({ end: 'reported' });
});
