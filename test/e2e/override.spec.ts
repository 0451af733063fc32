import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  artifactFolder,
  itemOf,
  type Merged,
  mergePlan,
  problemsOf,
  readMerged,
  runCli,
} from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { startMerge } from './cancelling';
import { HeldGates } from './held-gates';
import { statusOf } from './interrupted';

const create = testRepositories();

const ASKED = ['--gate', 'style', '--user', 'ann', '--reason', 'the\nformatter is broken'];
const REASON = 'the formatter is broken';
const override = (repo: TestRepository, item: string, args: readonly string[] = ASKED) =>
  runCli(['override', item, ...args, '--json'], { cwd: repo.path });
const trailers = (repo: TestRepository, item: string) => {
  const format =
    '--format=%(trailers:key=Lex-PR-Item,valueonly,separator=)|%(trailers:key=Lex-PR-Override,valueonly)';
  const lines = repo.git('log', format, 'main').split('\n').filter(Boolean);
  return lines.filter((line) => line.startsWith(`${item}|`)).map((line) => line.slice(item.length + 1));
};

/**
 * `bad` fails its gate `style`, and `on-bad` depends on it; the gate of `slow` is held, so that the run goes on
 * meanwhile.
 */
async function startFailing(policy: object = {}, args: readonly string[] = ['merge', '--execute']) {
  const repo = create();
  const head = repo.branch('bad', { bad: '1\n' });
  repo.branch('on-bad', { 'on-bad': '1\n' }, 'bad');
  repo.branch('slow', { slow: '1\n' });
  const gates = new HeldGates(repo);
  gates.hold('slow');
  const style = { name: 'style', run: 'exit 3' };
  const plan = {
    gates: [gates.gate],
    items: [{ name: 'bad', gates: [gates.gate, style] }, { name: 'on-bad', deps: ['bad'] }, { name: 'slow' }],
    policy: { maxWorkers: 2, overrides: { adminGreen: ['ann', 'bob'] }, ...policy },
  };
  const run = startMerge(repo, plan, { args });
  await gates.started(['slow']);
  const { runId } = await onlyHeld(repo);
  return { ...run, repo, plan, gates, head, runId };
}

/** The status once `bad` has failed, and nothing else runs that is not held. */
async function onlyHeld(repo: TestRepository) {
  for (;;) {
    const status = await statusOf(repo);
    if (status.items.failed === 1 && status.running.length === 1) return status;
    await pause(20);
  }
}

function expectLetThrough(repo: TestRepository, merged: Merged) {
  expect(merged.outcome).toEqual({ bad: 'merged', 'on-bad': 'merged', slow: 'merged' });
  expect(merged.code).toBe(0);
  const style = itemOf(merged, 'bad').gates.find(({ name }) => name === 'style');
  expect(style).toMatchObject({
    status: 'fail',
    exitCode: 3,
    override: { user: 'ann', reason: REASON, by: userInfo().username },
  });
  expect(trailers(repo, 'bad')).toEqual([`style by ann: ${REASON}`]);
  expect(trailers(repo, 'on-bad')).toEqual(['']);
  expect(merged.stdout).toContain(`overridden: style of bad, by ann: ${REASON}`);
}

describe('lex-pr override', () => {
  it('lets an item of a run that goes on through, with what it had blocked; report and commit tell of it', async () => {
    const { repo, gates, end, runId } = await startFailing();
    const answer = await override(repo, 'bad');
    expect(JSON.parse(answer.stdout)).toEqual({
      runId,
      item: 'bad',
      gate: 'style',
      user: 'ann',
      status: 'overridden',
    });
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
    // It is woken for that: another lane is free, and nothing else happens.
    await gates.started(['on-bad']);
    // Whoever asks again because an answer was lost gets it again.
    expect((await override(repo, 'bad')).stdout).toBe(answer.stdout);
    gates.letGo('slow');
    const merged = await end();
    expectLetThrough(repo, merged);
    expect(merged.stderr).toContain('style of bad counts as passed: ann answers for it');
    const { stdout } = await runCli(['report'], { cwd: repo.path });
    expect(stdout).toContain('`style` of `bad`: `ann` answers for it');
  });

  it('lets an item of an interrupted run through, once that is resumed', async () => {
    const { repo, child, ended, gates, plan } = await startFailing();
    child.kill('SIGKILL');
    await ended;
    const { stdout } = await runCli(['override', 'bad', ...ASKED], { cwd: repo.path });
    expect(stdout).toContain('go on with lex-pr resume');
    gates.letGo('slow');
    const resumed = readMerged(plan, artifactFolder(repo), await runCli(['resume'], { cwd: repo.path }));
    expectLetThrough(repo, resumed);
  });

  it.each(['squash', 'rebase'])('is in the trailers with the strategy %s', async (mergeStrategy) => {
    const { repo, gates, end } = await startFailing({ mergeStrategy });
    expect((await override(repo, 'bad')).code).toBe(0);
    gates.letGo('slow');
    expectLetThrough(repo, await end());
  });

  it('does not wait for a gate that has not finished, and nothing that it comes to counts', async () => {
    const { repo, gates, end } = await startFailing();
    const test = ['--gate', 'test', '--user', 'bob', '--reason', 'it hangs'];
    expect((await override(repo, 'bad')).code).toBe(0);
    expect((await override(repo, 'slow', test)).code).toBe(0);
    // The target has moved although the gate still runs.
    while (trailers(repo, 'slow').length === 0) await pause(20);
    gates.letGo('slow');
    const merged = await end();
    expect(merged.outcome).toEqual({ bad: 'merged', 'on-bad': 'merged', slow: 'merged' });
    expect(itemOf(merged, 'slow').gates[0]).toMatchObject({ override: { user: 'bob', reason: 'it hangs' } });
  });

  it.each<[string, string, readonly string[], string]>([
    [
      'by somebody else',
      'bad',
      ['--gate', 'style', '--user', 'eve', '--reason', 'x'],
      'override-not-allowed',
    ],
    ['of no item', 'bed', ASKED, 'unknown-item'],
    ['of no gate', 'bad', ['--gate', 'stile', '--user', 'ann', '--reason', 'x'], 'unknown-gate'],
    [
      'of a gate of the woven commit',
      'bad',
      ['--gate', 'whole', '--user', 'ann', '--reason', 'x'],
      'integration-gate',
    ],
    [
      'of a gate that has passed',
      'bad',
      ['--gate', 'test', '--user', 'ann', '--reason', 'x'],
      'override-needless',
    ],
    ['without a reason', 'bad', ['--gate', 'style', '--user', 'ann'], 'usage'],
    ['with an empty one', 'bad', ['--gate', 'style', '--user', 'ann', '--reason', ' '], 'usage'],
  ])('is refused %s, and changes nothing', async (_, item, args, code) => {
    const integration = { gates: [{ name: 'whole', run: 'true' }] };
    const { repo, gates, end } = await startFailing({ integration });
    expect(problemsOf(await override(repo, item, args))).toEqual([expect.objectContaining({ code })]);
    gates.letGo('slow');
    const merged = await end();
    expect(merged.outcome).toEqual({ bad: 'failed: gate-failed', 'on-bad': 'blocked', slow: 'merged' });
    expect(itemOf(merged, 'bad').gates.map((gate) => gate.override)).toEqual([null, null]);
  });

  it('is refused while a run verifies, with what to do', async () => {
    const { repo, gates, end } = await startFailing();
    gates.hold('integration');
    gates.letGo('slow');
    await gates.started(['integration']);
    expect(problemsOf(await override(repo, 'bad'))).toEqual([
      expect.objectContaining({ code: 'override-too-late', hint: expect.stringContaining('--override') }),
    ]);
    gates.letGo('integration');
    expect((await end()).outcome).toMatchObject({ bad: 'failed: gate-failed', slow: 'merged' });
  });
});

describe('merge --override', () => {
  /** One item whose gate fails, for which a run has ended. */
  async function ended() {
    const repo = create();
    const head = repo.branch('change', { change: '1\n' });
    const ran = join(repo.root, 'ran');
    const plan = {
      items: [{ name: 'a:b', branch: 'change' }],
      gates: [{ name: 'style', run: `touch '${ran}'; exit 3` }],
      policy: { overrides: { adminGreen: ['ann'] } },
    };
    const merged = await mergePlan(repo, plan);
    expect(merged.outcome).toEqual({ 'a:b': 'failed: gate-failed' });
    return { repo, head, plan, ran };
  }
  const asked = (head: string, user = 'ann') => [
    ...['--override', `a:b:style@${head}`],
    ...['--user', user, '--reason', REASON],
  ];

  it('is how a gate of a run that has ended is let through, as the refusal of the command says', async () => {
    const { repo, head, plan } = await ended();
    const [problem] = problemsOf(await override(repo, 'a:b'));
    expect(problem).toMatchObject({ code: 'run-ended' });
    expect(problem!.hint).toContain(
      `lex-pr merge PLAN --execute --override 'a:b:style@${head}' --user 'ann' --reason '${REASON}'`,
    );
    const dry = await mergePlan(repo, plan, asked(head));
    expect(dry.outcome).toEqual({ 'a:b': 'merged' });
    const merged = await mergePlan(repo, plan, ['--execute', ...asked(head)]);
    expect([merged.code, merged.outcome]).toEqual([0, { 'a:b': 'merged' }]);
    const by = userInfo().username;
    expect(itemOf(merged, 'a:b').gates).toMatchObject([
      { status: 'skipped', attempts: 0, override: { user: 'ann', reason: REASON, by } },
    ]);
    expect(trailers(repo, 'a:b')).toEqual([`style by ann: ${REASON}`]);
  });

  it('remembers nothing: without it the gate runs, and fails', async () => {
    const { repo, head, plan } = await ended();
    await mergePlan(repo, plan, asked(head));
    expect((await mergePlan(repo, plan, [])).outcome).toEqual({ 'a:b': 'failed: gate-failed' });
  });

  it('is for one head, one allowed user and a gate that is there; else all of it is refused', async () => {
    const { repo, head, plan } = await ended();
    const codes = async (args: readonly string[]) => {
      const path = await runCli(['merge', join(repo.root, 'plan.json'), '--json', ...args], {
        cwd: repo.path,
      });
      return problemsOf(path).map(({ code }) => code);
    };
    expect(plan.items).toHaveLength(1);
    expect(await codes(asked('0'.repeat(40)))).toEqual(['override-head']);
    expect(await codes(asked(head, 'eve'))).toEqual(['override-not-allowed']);
    expect(await codes(asked(head.slice(0, 10)))).toEqual(['usage']);
    expect(await codes(asked(head).slice(0, 4))).toEqual(['usage']);
    expect(await codes(asked(head).slice(2))).toEqual(['usage']);
    const more = ['--override', `a:b:none@${head}`, '--override', `x:style@${head}`];
    expect(await codes([...more, ...asked('1'.repeat(40))])).toEqual([
      'unknown-item',
      'unknown-item',
      'override-head',
    ]);
    const moved = repo.branch('change', { change: '2\n' });
    expect(moved).not.toBe(head);
    expect(await codes(asked(head))).toEqual(['override-head']);
  });

  it('has no say in what verifies the woven commit', async () => {
    const repo = create();
    const head = repo.branch('change', { change: '1\n' });
    repo.branch('other', { other: '1\n' });
    const ran = join(repo.root, 'ran');
    const plan = {
      items: [{ name: 'a:b', branch: 'change' }, { name: 'other' }],
      // It fails on whatever has the change, so it fails on the weave as well, for which the other item asks.
      gates: [{ name: 'style', run: `touch '${ran}'; ! test -e change` }],
      policy: { overrides: { adminGreen: ['ann'] } },
    };
    const merged = await mergePlan(repo, plan, ['--execute', ...asked(head)]);
    expect(merged.stderr).toContain(
      'warning: style verifies the woven commit as well, for other: where it fails there because of a:b, that is left out',
    );
    expect(merged.outcome).toEqual({ 'a:b': 'failed: integration-failed', other: 'merged' });
    expect(existsSync(ran)).toBe(true);
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).not.toContain('change');
  });
});
