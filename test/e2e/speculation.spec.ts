import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { itemOf, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();
const STACK = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c', deps: ['b'] }];

function stack(repo: TestRepository) {
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' }, 'a');
  repo.branch('c', { c: '1\n' }, 'b');
}

/** By item, a gate that says that it has started, and then does this. */
function gateOf(repo: TestRepository, script: Readonly<Record<string, string>>) {
  const started = (item: string) => join(repo.root, `started-${item}`);
  const cases = Object.entries(script).map(([item, run]) => `${item}) ${run} ;;`);
  const run = `echo $$ > '${repo.root}/started-'"$LEX_PR_ITEM"; case "$LEX_PR_ITEM" in ${cases.join(' ')} esac`;
  const wait = (...items: string[]) =>
    items.map((item) => `while ! test -s '${started(item)}'; do sleep 0.02; done`).join('; ');
  return { run, wait, started };
}

describe('policy.speculation: deps', () => {
  const policy = { speculation: 'deps', maxWorkers: 3, integration: 'none' };

  it('runs the gates of a stack side by side, on what each would be', async () => {
    const repo = create();
    stack(repo);
    const { wait } = gateOf(repo, {});
    // Each waits for the others: one after another would never end.
    const { run } = gateOf(repo, {
      a: wait('b', 'c'),
      b: wait('a', 'c'),
      c: `test -e a && test -e b && ${wait('a', 'b')}`,
    });
    const gates = [{ name: 'test', run, cache: 'off', timeoutSeconds: 60 }];
    const { outcome, report } = await mergePlan(repo, { items: STACK, gates, policy });
    expect(outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged' });
    expect(report.speculation).toBe('deps');
  });

  it('stops the gates of what depends on a failure at once', async () => {
    const repo = create();
    stack(repo);
    const { wait, started } = gateOf(repo, {});
    const { run } = gateOf(repo, { a: `${wait('b', 'c')}; exit 3`, b: 'sleep 600', c: 'sleep 600' });
    const gates = [{ name: 'test', run, cache: 'off', timeoutSeconds: 900 }];
    const merged = await mergePlan(repo, { items: STACK, gates, policy });
    expect(merged.outcome).toEqual({ a: 'failed: gate-failed', b: 'blocked', c: 'blocked' });
    expect(itemOf(merged, 'c')).toMatchObject({ blockedBy: 'a', gates: [{ status: 'skipped' }] });
    for (const item of ['b', 'c']) {
      const pid = readFileSync(started(item), 'utf8').trim();
      expect(existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBeFalsy();
    }
  });
});
