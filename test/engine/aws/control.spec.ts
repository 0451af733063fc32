import type {
  Followed,
  ReportFiles,
  RunPage,
  StatusAnswer,
  Submitted,
  Upload,
} from '../../../lib/engine/aws/control-protocol';
import { InputError } from '../../../lib/errors';
import { ItemStatus } from '../../../lib/run/state';
import type { TestRepository } from '../../support/repository';
import {
  atOnce,
  type Calling,
  carry,
  failOnce,
  newToken,
  once,
  type Stack,
  testStacks,
  twice,
} from './stack';

const newStack = testStacks();
const apart = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }]);
const plan = { items: [{ name: 'a' }, { name: 'b' }], policy: { maxWorkers: 1 } };
const ways = [
  ['twice', twice],
  ['twice at once', atOnce],
] as const;

const refusalOf = async (asked: Promise<unknown>) => {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InputError)) throw error ?? new Error('it was answered');
  return error.problems[0]!.code;
};

/** Puts a plan where an upload says. */
async function upload(stack: Stack, key?: string, document: object = plan): Promise<Upload> {
  const idempotencyKey = key === undefined ? {} : { idempotencyKey: key };
  const place = await stack.functions().control<Upload>({ action: 'upload', ...idempotencyKey });
  const body = {
    schemaVersion: 'v1',
    target: 'main',
    repository: stack.server.url,
    gates: [{ name: 'test', run: 'true' }],
    ...document,
  };
  await fetch(place.url, { method: 'PUT', body: JSON.stringify(body) });
  return place;
}

const submit = (call: Calling, { run, plan: id }: Upload) =>
  call(({ control }) => control<Submitted>({ action: 'submit', run, plan: id, request: { execute: true } }));

describe('submitting a run', () => {
  it('again starts nothing', async () => {
    const stack = await newStack(apart);
    const place = await upload(stack);
    expect(await submit(once(stack), place)).toEqual({ run: place.run, created: true });
    const before = await stack.stores.index.get(place.run);
    expect(await submit(once(stack), place)).toEqual({ run: place.run, created: false });
    expect(await stack.stores.index.get(place.run)).toEqual(before);
    expect([...stack.executions]).toEqual([`${place.run}-1`]);
  });

  it('by several at once starts one', async () => {
    const stack = await newStack(apart);
    const place = await upload(stack);
    const answers = await Promise.all(Array.from({ length: 5 }, () => submit(once(stack), place)));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect([...stack.executions]).toEqual([`${place.run}-1`]);
  });

  it('with one key is one run: the plan that was submitted first', async () => {
    const stack = await newStack(apart);
    const places = await Promise.all([upload(stack, 'k'), upload(stack, 'k', { items: [{ name: 'b' }] })]);
    expect(new Set(places.map(({ run }) => run)).size).toBe(1);
    expect((await upload(stack, 'other')).run).not.toBe(places[0]!.run);
    for (const place of places) await submit(once(stack), place);
    const { run } = places[0]!;
    await carry(stack, run, once(stack));
    expect(stack.report(run).items.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await submit(once(stack), places[1]!)).toEqual({ run, created: false });
    expect([...stack.executions]).toEqual([`${run}-1`]);
  });

  it('runs what was submitted, whatever is put to its place afterwards', async () => {
    const stack = await newStack(apart);
    stack.repo.git('branch', 'release');
    const place = await upload(stack, undefined, { ...plan, items: [{ name: 'a' }] });
    await submit(once(stack), place);
    // The URL is good for longer than that.
    const other = {
      schemaVersion: 'v1',
      target: 'release',
      repository: stack.server.url,
      items: [{ name: 'b' }],
    };
    await fetch(place.url, {
      method: 'PUT',
      body: JSON.stringify({ ...other, gates: [{ name: 't', run: 'true' }] }),
    });
    await carry(stack, place.run, once(stack));
    const report = stack.report(place.run);
    expect([report.target.ref, report.items.map(({ name }) => name)]).toEqual(['refs/heads/main', ['a']]);
  });

  it('is in one line for its target, however the URL of the repository is written', async () => {
    const stack = await newStack(apart);
    const { href, pathname } = new URL(stack.server.url);
    for (const repository of [href, href.replace('http', 'HTTP'), href.replace(pathname, `/.${pathname}`)])
      await submit(once(stack), await upload(stack, undefined, { ...plan, repository }));
    const { runs } = await stack.stores.index.page(9);
    expect(runs.map(({ target }) => target)).toEqual(Array(3).fill(JSON.stringify([href, 'main'])));
  });

  it('starts it where somebody before has died between writing it down and that', async () => {
    const stack = await newStack(apart);
    const place = await upload(stack);
    failOnce(stack.stores.index, 'submit', 'after');
    await expect(submit(once(stack), place)).rejects.toThrow('died');
    expect(stack.executions.size).toBe(0);
    expect(await submit(once(stack), place)).toEqual({ run: place.run, created: false });
    expect([...stack.executions]).toEqual([`${place.run}-1`]);
  });

  it('refuses what this engine cannot run, each time, and keeps nothing of it', async () => {
    const stack = await newStack(apart);
    const gates = [{ name: 'long', run: 'true', timeoutSeconds: 841 }];
    const place = await upload(stack, undefined, { ...plan, gates });
    for (let k = 0; k < 2; k += 1) expect(await refusalOf(submit(once(stack), place))).toBe('gate-too-long');
    expect(await stack.stores.index.get(place.run)).toBeUndefined();
    expect(await refusalOf(submit(once(stack), { ...place, run: 'r9' }))).toBe('no-plan');
  });
});

describe('cancelling a run', () => {
  const cancel = (run: string, call: Calling) =>
    call(({ control }) => control({ action: 'cancel', run, why: 'not today' }));

  it('that waits for its target, by two at once, lets it go its way to the end', async () => {
    const stack = await newStack(apart);
    const [first, run] = [await stack.submit(plan), await stack.submit(plan)];
    const token = newToken();
    await stack.functions().queue({ run: first, generation: 1, token: newToken() });
    await stack.functions().queue({ run, generation: 1, token });
    expect(await stack.functions().control({ action: 'status', run })).toMatchObject({ status: 'queued' });
    expect(await cancel(run, atOnce(stack))).toEqual({ run, result: 'cancelled' });
    expect(await stack.answerTo(token)).toEqual({});
    await carry(stack, run, once(stack));
    expect(await stack.stores.index.get(run)).toMatchObject({
      refusal: expect.stringContaining('not today'),
    });
    expect(await stack.functions().control({ action: 'status', run })).toMatchObject({ status: 'cancelled' });
    expect(await cancel(run, once(stack))).toEqual({ run, result: 'cancelled' });
    await carry(stack, first, once(stack));
    expect(stack.report(first).status).toBe('merged');
    expect(await refusalOf(cancel(first, once(stack)))).toBe('run-ended');
  });

  it.each(ways)('that is under way, %s, writes one stop and answers the lanes that wait', async (_, how) => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    const base = stack.repo.git('rev-parse', 'main');
    await stack.functions().prepare({ run, generation: 1 });
    const token = newToken();
    const call = {
      run,
      generation: 1,
      lane: 0,
      k: 0,
      calls: 0,
      retry: 0,
      last: null,
      token,
      results: null,
      lost: null,
    };
    await stack.functions().next(call);
    expect(await stack.answerTo(token)).toMatchObject({ kind: 'gate' });
    expect(await cancel(run, how(stack))).toEqual({ run, result: 'cancelled' });
    expect((await stack.events(run)).filter(({ event }) => event === 'stop')).toHaveLength(1);
    await carry(stack, run, once(stack));
    expect(stack.report(run).items.map(({ status, reason }) => `${status}: ${reason}`)).toEqual(
      Array(2).fill('cancelled: cancelled: not today'),
    );
    expect(stack.repo.git('rev-parse', 'main')).toBe(base);
  });
});

describe('resuming a run', () => {
  const resume = (run: string, call: Calling) => call(({ control }) => control({ action: 'resume', run }));

  it('by several at once starts one execution more', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    expect(await refusalOf(resume(run, once(stack)))).toBe('run-in-progress');
    stack.isRunning = false;
    expect(await resume(run, atOnce(stack))).toEqual({ run, created: false });
    expect([...stack.executions]).toEqual([`${run}-1`, `${run}-2`]);
    expect(await stack.stores.index.get(run)).toMatchObject({ generation: 2, recoveries: 0 });
    stack.isRunning = true;
    await carry(stack, run, once(stack), 2);
    expect(stack.report(run).status).toBe('merged');
    expect(await refusalOf(resume(run, once(stack)))).toBe('run-ended');
  });

  it('starts one where a call before has died between counting and starting it', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    stack.isRunning = false;
    failOnce(stack.stores.index, 'advance', 'after');
    await expect(resume(run, once(stack))).rejects.toThrow('died');
    await resume(run, once(stack));
    expect(stack.executions.has(`${run}-${(await stack.stores.index.get(run))!.generation}`)).toBe(true);
  });
});

/** The events of a run as they are told to who follows it. */
const shortEvents = async (stack: Stack, run: string) =>
  (await stack.events(run)).map((event) => {
    const { artifacts: _, ...short } = event as typeof event & { artifacts?: unknown };
    return short;
  });

describe('asking about runs', () => {
  it('changes nothing, and is answered the same each time', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    await carry(stack, run, once(stack));
    const { version } = await stack.stores.store.read(run);
    const same = async <T>(call: Parameters<ReturnType<Stack['functions']>['control']>[0]) => {
      const [one, two] = [await stack.functions().control<T>(call), await stack.functions().control<T>(call)];
      // URLs are signed anew.
      const shown = (value: T) => JSON.stringify(value).replace(/\?[^"]*/g, '');
      expect(shown(two)).toBe(shown(one));
      return one;
    };
    expect((await same<RunPage>({ action: 'list' })).runs.map(({ runId }) => runId)).toEqual([run]);
    expect(await same<StatusAnswer>({ action: 'status' })).toMatchObject({ runId: run, status: 'ended' });
    const followed = await same<Followed>({ action: 'follow', run, after: 0 });
    expect(followed).toMatchObject({ ended: true, progress: { version } });
    expect(followed.progress!.events).toEqual(await shortEvents(stack, run));
    const rest = await same<Followed>({ action: 'follow', run, after: version });
    expect(rest.progress!.events).toEqual([]);
    const { files } = await same<ReportFiles>({ action: 'report', run });
    expect(files.map(({ path }) => path)).toContain('report.json');
    expect((await stack.stores.store.read(run)).version).toBe(version);
  });

  it('gives every event once to who asks for what is new', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    const told: unknown[] = [];
    let after = 0;
    const look = async () => {
      const { progress } = await stack.functions().control<Followed>({ action: 'follow', run, after });
      told.push(...(progress?.events ?? []));
      after = progress?.version ?? after;
    };
    const calling = once(stack);
    await carry(stack, run, async (call) => {
      const answer = await calling(call);
      await look();
      return answer;
    });
    expect(told).toEqual(await shortEvents(stack, run));
  });

  it('gives more events than an answer of a function can hold in several answers, and says that there are more', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    const { store, index } = stack.stores;
    const why = 'x'.repeat(1_000_000);
    const event = { event: 'stop', status: ItemStatus.cancelled, why, at: 0 } as const;
    await store.create(run, 'record', 'state', [], 1);
    for (let version = 1; version <= 6; version += 1) await store.commit(run, version, 'state', [event]);
    // More than an answer holds at once.
    await store.commit(run, 7, 'state', Array(5).fill(event));
    await store.finish(run, 1);
    const answers: Followed[] = [];
    for (
      let place = { after: 0, told: 0 };
      answers.at(-1)?.progress?.more !== false && answers.length < 9;
    ) {
      const answer = await stack.functions().control<Followed>({ action: 'follow', run, ...place });
      answers.push(answer);
      place = { after: answer.progress!.version, told: answer.progress!.told };
    }
    const told = answers.map(({ progress, ended }) => {
      const { events, version, told } = progress!;
      return [events.length, version, told, ended];
    });
    expect(told).toEqual([
      [5, 6, 0, false],
      [5, 7, 4, false],
      [1, 8, 0, true],
    ]);
    expect((await index.get(run))?.endedAt).toBe(1);
  });

  it.each(['status', 'follow', 'cancel', 'resume', 'report'] as const)(
    '%s refuses a run that there is not',
    async (action) => {
      const stack = await newStack();
      const { control } = stack.functions();
      const call = {
        action,
        run: 'r9',
        ...(action === 'follow' && { after: 0 }),
        ...(action === 'cancel' && { why: 'x' }),
      };
      expect(await refusalOf(control(call as never))).toBe('unknown-run');
    },
  );
});
