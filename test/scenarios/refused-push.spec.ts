import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fenceRef } from '../../lib/merge/fence';
import { runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { branchesFor, filesOf, landedOn, makeRemote, runPlan } from './world';

const create = testRepositories();
const FENCE = fenceRef('main');
const ITEMS = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c' }];

function makeWorld() {
  const repo = create();
  branchesFor(repo, ITEMS);
  const remote = makeRemote(repo);
  return { repo, remote, plan: { repository: remote.url, items: ITEMS } };
}

const PROTECTED = 'case $1 in refs/heads/main) echo "6 of 6 required checks are expected" >&2; exit 1;; esac';
const FENCELESS = 'case $1 in refs/lex-pr/*) echo "no such refs here" >&2; exit 1;; esac';

// bors-ng #301, #1152, #1273: a protected branch refused the push of a batch that had passed; bors crashed, dropped
// the batch, and told nobody. rust-lang/bors: auto_build_push_error_fails_in_db.
describe('a remote that refuses the push of what has passed', () => {
  it('fails every item with its words, moves nothing, and the results are not lost for the next run', async () => {
    const { repo, remote, plan } = makeWorld();
    remote.hook('update', PROTECTED);
    const before = remote.refs();
    const ours = repo.git('for-each-ref');
    const refused = await runPlan(repo, plan);
    expect(refused.outcome).toEqual({
      a: 'failed: landing-refused',
      b: 'failed: landing-refused',
      c: 'failed: landing-refused',
    });
    expect(refused.code).toBe(1);
    expect(refused.report.status).toBe('failed');
    expect(refused.report.target.after).toBe(refused.report.target.before);
    for (const { reason } of refused.report.items) expect(reason).toContain('6 of 6 required checks');
    expect(remote.refs()).toEqual(before);
    expect(repo.git('for-each-ref')).toBe(ours);

    rmSync(join(remote.path, 'hooks/update'));
    const again = await runPlan(repo, plan);
    expect(again.code).toBe(0);
    expect(again.report.items.flatMap(({ gates }) => gates.map(({ cached }) => cached))).toEqual([
      true,
      true,
      true,
    ]);
    expect(landedOn(remote)).toEqual(['a', 'b', 'c']);
  });

  it('the fence alone still gets the target, once, and is told of', async () => {
    const { repo, remote, plan } = makeWorld();
    remote.hook('update', FENCELESS);
    const merged = await runPlan(repo, plan);
    expect(merged.code).toBe(0);
    expect(merged.report.status).toBe('merged');
    expect(remote.git('rev-parse', 'main')).toBe(merged.report.target.after);
    expect(merged.report.warnings).toContain(`the remote refuses ${FENCE}`);
    expect(remote.git('for-each-ref', 'refs/lex-pr')).toBe('');
    expect(landedOn(remote)).toEqual(['a', 'b', 'c']);
  });

  it('the fence alone and then the target as well is a failure', async () => {
    const { repo, remote, plan } = makeWorld();
    remote.hook('update', `${FENCELESS}\n${PROTECTED}`);
    const before = remote.refs();
    const merged = await runPlan(repo, plan);
    expect(merged.code).toBe(1);
    expect(Object.values(merged.outcome)).toEqual(ITEMS.map(() => 'failed: landing-refused'));
    expect(remote.refs()).toEqual(before);
  });

  it('the fence, where there is one already, gets nothing: somebody else may count on it', async () => {
    const { repo, remote, plan } = makeWorld();
    const first = await runPlan(repo, { ...plan, items: [{ name: 'c' }] });
    expect(first.code).toBe(0);
    remote.hook('update', FENCELESS);
    const before = remote.refs();
    const merged = await runPlan(repo, plan);
    expect(merged.outcome).toEqual({
      a: 'failed: landing-refused',
      b: 'failed: landing-refused',
      c: 'merged',
    });
    expect(merged.code).toBe(1);
    expect(merged.report.items[0]!.reason).toContain('no such refs here');
    expect(remote.refs()).toEqual(before);
  });
});

// rust-lang/bors: auto_build_push_error_retry_recovers_and_merges; bors-ng #1027 and #432, by way of #1273.
describe('a push that breaks', () => {
  it('before anything has moved is a fault, not a success, and resume lands it, once', async () => {
    const { repo, remote, plan } = makeWorld();
    remote.hook('pre-receive', 'kill -9 $PPID');
    const before = remote.refs();
    const fault = await runCli(['merge', writePlan(repo, plan), '--execute'], { cwd: repo.path });
    expect(fault.code).toBe(3);
    expect(fault.stdout).not.toContain('merged');
    expect(remote.refs()).toEqual(before);

    rmSync(join(remote.path, 'hooks/pre-receive'));
    const merged = await runPlan(repo, plan, { command: 'resume' });
    expect(merged.code).toBe(0);
    expect(merged.report.status).toBe('merged');
    expect(landedOn(remote)).toEqual(['a', 'b', 'c']);
  });

  it('after the target has moved is a success', async () => {
    const { repo, remote, plan } = makeWorld();
    remote.hook('post-receive', 'kill -9 $PPID');
    const merged = await runPlan(repo, plan);
    expect(merged.code).toBe(0);
    expect(merged.report.status).toBe('merged');
    expect(remote.git('rev-parse', 'main')).toBe(merged.report.target.after);
    expect(filesOf(remote)).toEqual(['README', 'a', 'b', 'c']);
  });
});
