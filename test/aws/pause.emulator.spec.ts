import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paused, StatusAnswer } from '../../lib/engine/aws/control-protocol';
import type { RunEvent } from '../../lib/run/messages';
import { signingProxy } from '../support/signing-proxy';
import {
  control,
  followUntil,
  type Hosted,
  hostedRepositories,
  landed,
  outcomeOf,
  reportOf,
  stack,
  submit,
} from './cloud';

const hosted = hostedRepositories();
const one = () => hosted((repo) => repo.branches([{ name: 'a' }]));
const plan = { items: [{ name: 'a' }] };
/** Other files run on the same stack: only what is this one's own is paused. */
const placeOf = ({ server }: Hosted) => ({ target: 'main', repository: server.url });
const pause = (host: Hosted) =>
  control<Paused>({ action: 'pause', ...placeOf(host), why: 'by ann: the release' });
const waits = (events: readonly RunEvent[]) => events.some(({ event }) => event === 'hold');

it('a pause holds a run that begins during it: its gates pass, nothing lands until the pause ends', async () => {
  const host = await one();
  const before = host.repo.git('rev-parse', 'main');
  expect(await pause(host)).toMatchObject({ target: 'main', status: 'paused', landing: [] });
  const run = await submit(host, plan);
  const events = await followUntil(run, (_, all) => waits(all));
  expect(events).toContainEqual(expect.objectContaining({ event: 'result', outcome: 'pass' }));
  expect((await control<StatusAnswer>({ action: 'status', run })).progress).toMatchObject({
    phase: 'land',
    paused: 'by ann: the release',
    items: { woven: 1 },
  });
  expect(host.repo.git('rev-parse', 'main')).toBe(before);
  await control({ action: 'unpause', ...placeOf(host) });
  const report = await reportOf(run, plan);
  expect(outcomeOf(report)).toEqual({ a: 'merged' });
  expect(report.warnings).toEqual(['the landing waited while paused: by ann: the release']);
  expect(landed(host.repo, 'main~1')).toEqual(['a']);
});

it('a pause over HTTP holds a run that goes on; bad requests are refused with a word that tells them apart', async () => {
  const host = await one();
  const go = join(host.repo.root, 'go');
  const gates = [{ name: 'test', run: `until test -e '${go}'; do sleep 0.2; done` }];
  const proxy = await signingProxy(stack().ApiUrl!);
  const { target, repository } = placeOf(host);
  const ask = async (method: string, body?: object) => {
    const query = `?${new URLSearchParams({ target, repository })}`;
    const response = await fetch(`${proxy.url}/pauses${method === 'DELETE' ? query : ''}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer = JSON.parse(await response.text());
    return {
      status: response.status,
      answer,
      codes: answer.errors?.map(({ code }: { code: string }) => code),
    };
  };
  try {
    expect(await ask('DELETE')).toMatchObject({ status: 409, codes: ['not-paused'] });
    const run = await submit(host, { ...plan, gates });
    await followUntil(run, (_, events) => events.some(({ event }) => event === 'start'));
    const asked = { target, repository, reason: 'the release' };
    expect(await ask('POST', asked)).toMatchObject({
      status: 200,
      answer: { status: 'paused', landing: [] },
    });
    expect(await ask('POST', { ...asked, reason: 'more' })).toMatchObject({ status: 409, codes: ['paused'] });
    expect(await ask('POST', { target, reason: 'more' })).toMatchObject({
      status: 400,
      codes: ['pause-repository'],
    });
    const { answer } = await ask('GET');
    expect(answer.pauses).toContainEqual(
      expect.objectContaining({ target, why: expect.stringMatching(/^by arn:\S+: the release$/) }),
    );
    writeFileSync(go, '');
    await followUntil(run, (_, events) => waits(events));
    expect(host.repo.git('log', '--format=%s', 'main')).not.toContain("'a'");
    expect(await ask('DELETE')).toMatchObject({ status: 200, answer: { status: 'unpaused' } });
    expect((await reportOf(run, plan)).status).toBe('merged');
  } finally {
    proxy.close();
  }
});
