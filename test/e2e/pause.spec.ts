import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { artifactFolder, problemsOf, readMerged, runCli, startCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { type Started, startMerge } from './cancelling';
import { HeldGates } from './held-gates';
import { statusOf } from './interrupted';

const create = testRepositories();
const lexPr = (repo: TestRepository, ...args: string[]) => runCli(args, { cwd: repo.path });
const PLAN = { items: [{ name: 'a' }] };

function one() {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  return { repo, before: repo.git('rev-parse', 'main') };
}

/** Resolves once the run has said that it waits; to be called as soon as it has been started. */
function held({ child }: Started): Promise<void> {
  let said = '';
  return new Promise((resolve) => {
    child.stderr!.on('data', (chunk) => {
      said += chunk;
      if (said.includes('paused: nothing lands until')) resolve();
    });
  });
}

describe('a pause', () => {
  it('holds the landing of a run that begins later, until it is ended', async () => {
    const { repo, before } = one();
    const paused = await lexPr(repo, 'pause', '--reason', 'the release', '--json');
    expect(JSON.parse(paused.stdout)).toEqual({ target: null, status: 'paused', landing: [] });
    expect((await lexPr(repo, 'queue')).stdout).toMatch(
      /\npaused: every target, by \S+: the release, since /,
    );
    const run = startMerge(repo, PLAN);
    await held(run);
    expect(await statusOf(repo)).toMatchObject({
      status: 'held',
      held: { why: expect.stringMatching(/: the release$/), until: null },
      phase: 'land',
      paused: expect.stringMatching(/^by \S+: the release$/),
      frozenUntil: null,
    });
    expect(JSON.parse((await lexPr(repo, 'queue', '--json')).stdout).runs).toMatchObject([
      { status: 'held', place: 0, held: { why: expect.stringMatching(/: the release$/), until: null } },
    ]);
    expect((await lexPr(repo, 'queue')).stdout).toMatch(
      /^ {2}0 .* held {2}into main, since \S+; paused by \S+: the release\n/,
    );
    expect(repo.git('rev-parse', 'main')).toBe(before);
    expect((await lexPr(repo, 'unpause')).stdout).toMatch(/^every target of \/\S+ is no longer paused\n$/);
    const { outcome, report } = await run.end();
    expect(outcome).toEqual({ a: 'merged' });
    expect(report.warnings).toEqual([
      expect.stringMatching(/^the landing waited while paused: by \S+: the release$/),
    ]);
  });

  it('holds a run that goes on already, which does not mind if it has ended by then', async () => {
    const { repo } = one();
    const gates = new HeldGates(repo);
    gates.hold('a');
    const run = startMerge(repo, { ...PLAN, gates: [gates.gate] });
    await gates.started(['a']);
    await lexPr(repo, 'pause', '--target', 'main', '--reason', 'wait');
    await lexPr(repo, 'unpause', '--target', 'main');
    await lexPr(repo, 'pause', '--target', 'main', '--reason', 'wait again');
    const waits = held(run);
    gates.letGo('a');
    await waits;
    await lexPr(repo, 'unpause', '--target', 'main');
    expect((await run.end()).outcome).toEqual({ a: 'merged' });
  });

  it('of another target, or in a dry run, holds nothing', async () => {
    const { repo } = one();
    await lexPr(repo, 'pause', '--target', 'release', '--reason', 'wait');
    expect((await startMerge(repo, PLAN, { args: ['merge'] }).end()).report.dryRun).toBe(true);
    expect((await startMerge(repo, PLAN).end()).outcome).toEqual({ a: 'merged' });
  });

  it('of what is no branch is refused, and of one that is not there warned of', async () => {
    const { repo } = one();
    for (const [target, hint] of [
      ['refs/heads/main', 'did you mean "main"?'],
      ['', 'write it as plans do: main'],
      ['a b', 'write it as plans do: main'],
    ] as const)
      expect(
        problemsOf(await lexPr(repo, 'pause', '--target', target, '--reason', 'wait', '--json')),
      ).toMatchObject([{ code: 'usage', hint }]);
    expect(JSON.parse((await lexPr(repo, 'queue', '--json')).stdout).pauses).toEqual([]);
    const typo = await lexPr(repo, 'pause', '--target', 'mian', '--reason', 'wait');
    expect(typo).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mian of .* is paused: /) });
    expect(typo.stderr).toBe('warning: no branch here is named "mian": did you mean "main"?\n');
    expect((await lexPr(repo, 'pause', '--target', 'main', '--reason', 'wait')).stderr).toBe('');
  });

  it('that remains when another one ends is named', async () => {
    const { repo } = one();
    await lexPr(repo, 'pause', '--reason', 'the release');
    await lexPr(repo, 'pause', '--target', 'main', '--reason', 'the move');
    expect((await lexPr(repo, 'unpause')).stdout).toMatch(
      /^every target of .* is no longer paused\nstill paused: main, by \S+: the move\n$/,
    );
    const other = ['--target', 'main', '--reason', 'other', '--json'];
    expect(problemsOf(await lexPr(repo, 'pause', ...other))).toMatchObject([
      { code: 'paused', hint: 'end that first: lex-pr unpause --target main' },
    ]);
    expect(problemsOf(await lexPr(repo, 'unpause', '--json'))).toMatchObject([
      {
        code: 'not-paused',
        message: 'there is no pause of every target',
        hint: 'what is paused: main (lex-pr unpause --target main)',
      },
    ]);
  });

  it('lets a run be cancelled, and one that was killed go on to wait and to land', async () => {
    const { repo, before } = one();
    await lexPr(repo, 'pause', '--reason', 'wait');
    const first = startMerge(repo, PLAN);
    await held(first);
    expect((await lexPr(repo, 'cancel')).code).toBe(0);
    expect((await first.end()).outcome).toEqual({ a: 'cancelled' });
    const second = startMerge(repo, PLAN);
    await held(second);
    second.child.kill('SIGKILL');
    await second.ended;
    expect(repo.git('rev-parse', 'main')).toBe(before);
    await lexPr(repo, 'unpause');
    const resumed = await lexPr(repo, 'resume', '--artifact-dir', artifactFolder(repo));
    expect(readMerged(PLAN, artifactFolder(repo), resumed).outcome).toEqual({ a: 'merged' });
  });

  it('that somebody ended who died before telling the runs, is ended for them by who asks again', async () => {
    const { repo } = one();
    await lexPr(repo, 'pause', '--reason', 'wait');
    const run = startMerge(repo, PLAN);
    await held(run);
    rmSync(join(repo.path, '.lex-pr/pauses.json'));
    const again = await lexPr(repo, 'unpause', '--json');
    expect(problemsOf(again).map(({ code }) => code)).toEqual(['not-paused']);
    expect((await run.end()).outcome).toEqual({ a: 'merged' });
  });

  it('holds a run that is resumed while it lasts, until it is ended', async () => {
    const { repo, before } = one();
    await lexPr(repo, 'pause', '--reason', 'wait');
    const first = startMerge(repo, PLAN);
    await held(first);
    first.child.kill('SIGINT');
    expect(await first.ended).toMatchObject({ code: 130 });
    const resumed = startCli(['resume', '--artifact-dir', artifactFolder(repo)], { cwd: repo.path });
    const ended = resumed.ended.then(({ code }) => code);
    while ((await statusOf(repo)).status !== 'held')
      expect(await Promise.race([ended, pause(20)])).toBeUndefined();
    expect(await statusOf(repo)).toMatchObject({ alive: true, phase: 'land' });
    expect(repo.git('rev-parse', 'main')).toBe(before);
    await lexPr(repo, 'unpause');
    expect(readMerged(PLAN, artifactFolder(repo), await resumed.ended).outcome).toEqual({ a: 'merged' });
  });

  it('is not begun twice, nor ended where there is none', async () => {
    const { repo } = one();
    const codes = async (...args: string[]) =>
      problemsOf(await lexPr(repo, ...args, '--json')).map(({ code }) => code);
    expect(await codes('unpause')).toEqual(['not-paused']);
    expect(await codes('pause')).toEqual(['usage']);
    await lexPr(repo, 'pause', '--reason', 'wait');
    expect(await codes('pause', '--reason', 'more')).toEqual(['paused']);
    expect((await lexPr(repo, 'pause', '--reason', 'wait')).code).toBe(0);
    const elsewhere = ['--target', 'main', '--repository', 'https://host/r'];
    expect(await codes('unpause', ...elsewhere)).toEqual(['usage']);
    expect(await codes('unpause', '--target', 'main')).toEqual(['not-paused']);
  });
});
