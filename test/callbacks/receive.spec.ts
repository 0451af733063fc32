import fc from 'fast-check';
import { MAX_ANSWER_BYTES, MAX_LOG_BYTES } from '../../lib/callbacks/answer';
import { type Callback, newCallback, placeOf } from '../../lib/callbacks/callback';
import { openMemoryCallbacks } from '../../lib/callbacks/memory-store';
import { type Receiving, receiveCallback } from '../../lib/callbacks/receive';
import { answerTo, type Deviation } from './requests';

const NOW = 1_700_000_000_000;
const PLACE = placeOf({ item: 3 }, 7, 1, 2);

/** A callback that is open for ten minutes, on a clock of its own. */
async function open(change: Partial<Callback> = {}, isOpen = true) {
  const callbacks = openMemoryCallbacks();
  const callback = { ...newCallback('run', PLACE, 'http://x', NOW, 600), ...change };
  await callbacks.put('run', PLACE, callback);
  const clock = { now: NOW };
  const woken: string[] = [];
  const services: Receiving = {
    callbacks,
    now: () => clock.now,
    isOpen: async () => isOpen,
    onAnswer: async (run, place, { id }) => void woken.push(`${run} ${place} ${id}`),
  };
  const send = async (answer: object | string, deviation: Deviation & { id?: string } = {}) => {
    const to = { ...callback, id: deviation.id ?? callback.id };
    const request = answerTo(to, answer, { at: clock.now, ...deviation });
    const { status, body } = await receiveCallback(services, to.id, request);
    return { status, ...JSON.parse(body) };
  };
  const stored = async () => (await callbacks.get('run', PLACE))!;
  return { callback, clock, woken, send, stored };
}

const codeOf = ({ status, errors }: { status: number; errors: { code: string }[] }) => [
  status,
  errors.map(({ code }) => code).join(),
];

describe('an answer', () => {
  it('that is valid is stored, wakes whoever waits, and is confirmed', async () => {
    const { callback, woken, send, stored } = await open();
    const answer = { status: 'fail', exitCode: 3, log: 'output\n', url: 'https://ci.example/1' };
    expect(await send(answer)).toEqual({ status: 'fail', id: callback.id });
    expect(await stored()).toEqual({ ...callback, end: { kind: 'answered', at: NOW, answer } });
    expect(woken).toEqual([`run ${PLACE} ${callback.id}`]);
  });

  it('that is sent again gets the same reply and wakes again, also signed anew, replayed, or late', async () => {
    const { callback, clock, woken, send, stored } = await open();
    const first = await send({ status: 'pass', log: 'x' });
    const after = await stored();
    expect(await send({ status: 'pass', log: 'x' })).toEqual(first);
    clock.now += 100_000;
    expect(await send('{ "log": "x", "status": "pass" }')).toEqual(first);
    expect(await send({ status: 'pass', log: 'x' }, { at: NOW })).toEqual(first);
    clock.now = callback.expiresAt + 1;
    expect(await send({ status: 'pass', log: 'x' })).toEqual(first);
    expect(await stored()).toEqual(after);
    expect(woken).toHaveLength(5);
  });

  it('of several at once counts once: the others are refused, or are the same', async () => {
    const { send, stored, woken } = await open();
    const sent = await Promise.all(
      ['pass', 'fail', 'pass', 'fail', 'pass'].map(async (status) => ({
        status,
        got: await send({ status }),
      })),
    );
    const { end } = await stored();
    if (end?.kind !== 'answered') throw new Error('it is not answered');
    for (const { status, got } of sent) {
      if (status === end.answer.status) expect(got).toMatchObject({ status, id: expect.any(String) });
      else expect(codeOf(got)).toEqual([409, 'answered']);
    }
    expect(woken).toHaveLength(sent.filter(({ status }) => status === end.answer.status).length);
  });

  it('that is another one than the first is refused, and the first stays', async () => {
    const { send, stored, woken } = await open();
    await send({ status: 'fail' });
    const after = await stored();
    for (const other of [{ status: 'pass' }, { status: 'fail', exitCode: 1 }, { status: 'fail', log: '' }])
      expect(codeOf(await send(other))).toEqual([409, 'answered']);
    expect(await stored()).toEqual(after);
    expect(woken).toHaveLength(1);
  });
});

describe('an answer that is refused changes nothing', () => {
  const tooMuch = 'x'.repeat(MAX_LOG_BYTES + 1);
  it.each<[string, number, string, object | string, (Deviation & { id?: string })?]>([
    ['by another method', 405, 'method', { status: 'pass' }, { method: 'PUT' }],
    ['of another type', 415, 'media-type', { status: 'pass' }, { type: 'text/plain' }],
    ['that is too large', 413, 'too-large', { status: 'pass', log: 'x'.repeat(MAX_ANSWER_BYTES) }],
    ['signed with another key', 401, 'signature', { status: 'pass' }, { key: '0'.repeat(64) }],
    ['without a signature', 401, 'signature', { status: 'pass' }, { headers: { 'x-lex-pr-signature': '' } }],
    ['for another time', 401, 'signature', { status: 'pass' }, { headers: { 'x-lex-pr-timestamp': '1' } }],
    ['signed too long ago', 401, 'timestamp', { status: 'pass' }, { at: NOW - 302_000 }],
    ['signed in the future', 401, 'timestamp', { status: 'pass' }, { at: NOW + 302_000 }],
    [
      'for a callback of another id',
      401,
      'signature',
      { status: 'pass' },
      { id: `run.${PLACE}.0000000000000000` },
    ],
    [
      'for a callback of no run',
      401,
      'signature',
      { status: 'pass' },
      { id: `other.${PLACE}.0000000000000000` },
    ],
    ['for what is no callback', 401, 'signature', { status: 'pass' }, { id: '..' }],
    ['that is no JSON', 400, 'syntax', '{'],
    ['without a status', 400, 'bad-request', {}],
    ['with another status', 400, 'bad-request', { status: 'skipped' }],
    ['with something else in it', 400, 'bad-request', { status: 'pass', items: [] }],
    ['that passes with an exit code', 400, 'bad-request', { status: 'pass', exitCode: 1 }],
    ['with a log that is too long', 400, 'bad-request', { status: 'pass', log: tooMuch }],
    ['with a link that runs something', 400, 'bad-request', { status: 'pass', url: 'javascript:alert(1)' }],
    ['with a link of several lines', 400, 'bad-request', { status: 'pass', url: 'https://x/\n[y](z)' }],
  ])('%s: %i %s', async (_, status, code, answer, deviation = {}) => {
    const { callback, send, stored, woken } = await open();
    expect(codeOf(await send(answer, deviation))).toEqual([status, code]);
    expect(await stored()).toEqual(callback);
    expect(woken).toEqual([]);
    // The right one is still taken.
    expect(await send({ status: 'pass' })).toMatchObject({ status: 'pass' });
  });

  it('that comes after the time limit, or when nobody waits', async () => {
    const late = await open();
    late.clock.now = late.callback.expiresAt;
    const closed = await open({ end: { kind: 'closed', at: NOW } });
    const over = await open({}, false);
    for (const { callback, send, stored, woken } of [late, closed, over]) {
      expect(codeOf(await send({ status: 'pass' }))).toEqual([410, 'expired']);
      expect(await stored()).toEqual(callback);
      expect(woken).toEqual([]);
    }
  });

  it('whatever it is, unless it is signed with the key', async () => {
    const text = fc.string({ unit: 'binary' });
    const request = fc.record({ id: text, timestamp: text, signature: text, body: text });
    const { callback, send, stored, woken } = await open();
    await fc.assert(
      fc.asyncProperty(request, fc.boolean(), async ({ id, timestamp, signature, body }, isKnown) => {
        const headers = { 'x-lex-pr-timestamp': timestamp, 'x-lex-pr-signature': signature };
        expect((await send(body, { id: isKnown ? callback.id : id, headers })).status).toBe(401);
      }),
    );
    expect(await stored()).toEqual(callback);
    expect(woken).toEqual([]);
  });

  it('says the same of an unknown callback as of a wrong signature', async () => {
    const { send } = await open();
    const wrong = await send({ status: 'pass' }, { key: 'x' });
    expect(await send({ status: 'pass' }, { id: `run.${PLACE}.0000000000000000` })).toEqual(wrong);
  });
});
