import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signingProxy } from '../support/signing-proxy';
import { followUntil, hostedRepositories, landed, outcomeOf, reportOf, stack, submit } from './cloud';

const hosted = hostedRepositories();
const ASKED = { item: 'bad', gate: 'style', user: 'ann', reason: 'the formatter is broken' };

it('a gate of a run that goes on is overridden over HTTP, and what it blocked lands as well', async () => {
  const host = await hosted((repo) => {
    repo.branches([{ name: 'bad' }, { name: 'slow' }]);
    repo.branches([{ name: 'on-bad', from: 'bad' }]);
  });
  const gates = [{ name: 'test', run: 'true' }];
  const go = join(host.repo.root, 'go');
  const plan = {
    gates,
    items: [
      { name: 'bad', gates: [...gates, { name: 'style', run: 'exit 3' }] },
      { name: 'on-bad', deps: ['bad'] },
      // It stays undecided until the override is there.
      { name: 'slow', gates: [{ name: 'test', run: `until test -e '${go}'; do sleep 0.2; done` }] },
    ],
    policy: { maxWorkers: 2, overrides: { adminGreen: ['ann'] } },
  };
  const proxy = await signingProxy(stack().ApiUrl!);
  try {
    const run = await submit(host, plan);
    const hasFailed = (events: readonly object[]) =>
      events.some((event) => 'outcome' in event && event.outcome === 'fail');
    await followUntil(run, (_, events) => hasFailed(events));
    const ask = (body: object) =>
      fetch(`${proxy.url}/runs/${run}/override`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await ask({ ...ASKED, user: 'eve' })).status).toBe(403);
    const answer = await ask(ASKED);
    expect(await answer.json()).toEqual({ run, item: 'bad', gate: 'style', user: 'ann', warnings: [] });
    writeFileSync(go, '');
    const report = await reportOf(run, plan);
    expect(outcomeOf(report)).toEqual({ bad: 'merged', 'on-bad': 'merged', slow: 'merged' });
    expect(report.items[0]!.gates[1]).toMatchObject({
      status: 'fail',
      override: { user: 'ann', reason: ASKED.reason, by: expect.stringContaining('arn:') },
    });
    expect(landed(host.repo, 'main~3')).toEqual(['bad', 'on-bad', 'slow']);
    expect(host.repo.git('log', '--format=%B', 'main')).toContain(
      'Lex-PR-Override: style by ann: the formatter is broken',
    );
    expect((await ask(ASKED)).status).toBe(200);
  } finally {
    proxy.close();
  }
});
