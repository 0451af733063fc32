import { watchRun } from '../../../lib/cli/aws/watch';
import type { Followed } from '../../../lib/engine/aws/control-protocol';
import type { RunEvent } from '../../../lib/run/messages';
import { testStacks } from '../../engine/aws/stack';

const newStack = testStacks();

it('a run of any length is shown from its start, by answers that a function can give, without a pause in between', async () => {
  const stack = await newStack((repo) => repo.branches([{ name: 'a' }]));
  const run = await stack.submit({ items: [{ name: 'a' }] });
  const { prepare, control } = stack.functions();
  await prepare({ run, generation: 1 });
  const { store } = stack.stores;
  const wanted: RunEvent[] = [];
  const lost = (): RunEvent => {
    const why = `${wanted.length}`.padEnd(2_000, '.');
    wanted.push({ event: 'lost', lane: 0, why, at: 1 });
    return wanted.at(-1)!;
  };
  // The first commit alone is more than an answer.
  for (const count of [4_000, 1, 2_500]) {
    const { version, state } = await store.read(run);
    await store.commit(run, version, state, Array.from({ length: count }, lost));
  }
  await store.finish(run, 1);
  const bytes: number[] = [];
  const told: RunEvent[] = [];
  const watched = await watchRun({
    control: {
      async follow(question) {
        const value = await control<Followed>({ action: 'follow', ...question });
        bytes.push(Buffer.byteLength(JSON.stringify({ value })));
        return value;
      },
    },
    ...{ run, note() {}, signal: new AbortController().signal },
    open: () => (events) => void told.push(...events.filter(({ event }) => event === 'lost')),
    pause: () => Promise.reject(new Error('it made a pause')),
  });
  expect(watched).toEqual({ end: 'ended' });
  expect(told).toEqual(wanted);
  expect(bytes.length).toBeGreaterThan(2);
  expect(Math.max(...bytes)).toBeLessThan(6 * 2 ** 20);
});
