import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ItemStatus, type RunState, TaskStatus } from '../../lib/run/state';
import { carry, once, type Stack, testStacks } from '../engine/aws/stack';

const newStack = testStacks();
const GATE = { name: 'test', run: 'true' };
const STYLE = { name: 'style', run: 'test "$LEX_PR_ITEM" != bad', cache: 'off' };
const ASKED = { item: 'bad', gate: 'style', user: 'ann', reason: 'the formatter is broken' };

/** `bad` fails its gate `style`, and `on-bad` waits for it; `slow` goes on until `letGo`. Three lanes carry the run. */
async function startFailing(workers = 2, gatesOfOther: readonly object[] = [GATE]) {
  const stack = await newStack((repo) => repo.branches(['bad', 'on-bad', 'slow'].map((name) => ({ name }))));
  const go = join(stack.repo.path, 'go');
  const run = await stack.submit(
    {
      gates: [GATE],
      items: [
        { name: 'bad', gates: [GATE, STYLE] },
        { name: 'on-bad', deps: ['bad'], gates: gatesOfOther },
        { name: 'slow', gates: [{ ...GATE, run: `until test -e '${go}'; do sleep 0.05; done` }] },
      ],
      policy: { maxWorkers: workers, overrides: { adminGreen: ['ann'] } },
    },
    { execute: true },
  );
  const ended = carry(stack, run, once(stack));
  const until = async (isSo: (state: RunState) => boolean) => {
    const state = async () => (await stack.stores.store.find(run)) && (await stack.state(run));
    for (let now = await state(); now === undefined || !isSo(now); now = await state()) await pause(10);
  };
  await until(({ items, tasks }) => items[0] === ItemStatus.gateFailed && tasks[0] === TaskStatus.passed);
  return { stack, run, ended, until, letGo: () => writeFileSync(go, '') };
}

const ask = async (stack: Stack, run: string, body: object) => {
  const headers = { 'content-type': 'application/json' };
  const path = `/runs/${run}/override`;
  const response = await stack.functions().api({ method: 'POST', path, headers, body: JSON.stringify(body) });
  return { status: response.status, body: JSON.parse(response.body) };
};
const codes = ({ body }: { body: { errors: { code: string }[] } }) => body.errors.map(({ code }) => code);

describe('POST /runs/{run}/override', () => {
  it('lets an item through, and wakes a lane that waits for what there is to do then', async () => {
    const { stack, run, ended, until, letGo } = await startFailing();
    const { item, gate, user } = ASKED;
    expect(await ask(stack, run, ASKED)).toEqual({
      status: 200,
      body: { run, item, gate, user, warnings: [] },
    });
    // The other lane is busy for as long as nobody lets its gate go.
    await until(({ items }) => items[1] === ItemStatus.passed);
    expect((await ask(stack, run, ASKED)).status).toBe(200);
    letGo();
    await ended;
    const report = stack.report(run);
    expect(report.status).toBe('merged');
    expect(report.items[0]!.gates[1]).toMatchObject({
      status: 'fail',
      override: { user, reason: ASKED.reason, by: 'arn:tester' },
    });
    expect(stack.repo.git('log', '--format=%B', 'main')).toContain(
      'Lex-PR-Override: style by ann: the formatter is broken\n',
    );
    expect(stack.logs.filter(({ event }) => event === 'override')).toMatchObject([
      { item, gate, user, level: 'warn' },
    ]);
  });

  it('warns where the woven commit is verified by the same gate, which counts there', async () => {
    const { stack, run, ended, letGo } = await startFailing(2, [GATE, STYLE]);
    const { body } = await ask(stack, run, ASKED);
    expect(body.warnings).toEqual([
      expect.stringContaining('style verifies the woven commit as well, for on-bad: where it fails there'),
    ]);
    letGo();
    await ended;
    expect(stack.report(run).status).toBe('merged');
  });

  it.each<[string, number, object, string]>([
    ['by somebody else', 403, { user: 'eve' }, 'override-not-allowed'],
    ['of a gate that has passed', 409, { gate: 'test' }, 'override-needless'],
    ['of an item that there is not', 400, { item: 'bed' }, 'unknown-item'],
    ['without a reason', 400, { reason: '' }, 'bad-request'],
    ['of more lines than one', 400, { reason: 'a\nb' }, 'bad-request'],
    ['of a field more', 400, { by: 'ann' }, 'bad-request'],
  ])('is refused %s with %i', async (_, status, change, code) => {
    const { stack, run, ended, letGo } = await startFailing();
    const refused = await ask(stack, run, { ...ASKED, ...change });
    expect([refused.status, codes(refused)]).toEqual([status, [code]]);
    letGo();
    await ended;
    expect(stack.report(run).status).toBe('partial');
    const after = await ask(stack, run, ASKED);
    expect([after.status, codes(after)]).toEqual([409, ['run-ended']]);
    expect(after.body.errors[0].hint).toContain("--override 'bad:style@");
  });

  it('is not there for a run that is not there, and too early for one that has not begun', async () => {
    const stack = await newStack((repo) => repo.branches([{ name: 'a' }]));
    const nobody = await ask(stack, 'nobody', ASKED);
    expect([nobody.status, codes(nobody)]).toEqual([404, ['unknown-run']]);
    const run = await stack.submit({ items: [{ name: 'a' }] });
    const early = await ask(stack, run, ASKED);
    expect([early.status, codes(early)]).toEqual([409, ['not-begun']]);
  });
});

describe('a run that is submitted with overrides', () => {
  it('begins with them, for the head that they are for', async () => {
    const stack = await newStack((repo) => repo.branches([{ name: 'a' }]));
    const plan = {
      gates: [{ ...GATE, run: 'exit 3' }],
      items: [{ name: 'a' }],
      policy: { overrides: { adminGreen: ['ann'] } },
    };
    const of = (head: string) => ({
      execute: true,
      overrides: [{ item: 'a', gate: 'test', user: 'ann', reason: 'known', by: 'bob', head }],
    });
    const refused = await stack.submit(plan, of('0'.repeat(40)));
    await carry(stack, refused, once(stack));
    expect((await stack.stores.index.get(refused))!.refusal).toContain('override-head');
    const run = await stack.submit(plan, of(stack.repo.git('rev-parse', 'a').trim()));
    await carry(stack, run, once(stack));
    expect(stack.report(run)).toMatchObject({
      status: 'merged',
      items: [{ gates: [{ status: 'skipped', override: { user: 'ann', reason: 'known', by: 'bob' } }] }],
    });
  });
});
