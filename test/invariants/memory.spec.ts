import fc from 'fast-check';
import { chooser } from '../run/choosers';
import { violations } from './check';
import { runStory } from './memory/run';
import { stories } from './story';

const RUNS = 2_000;

beforeAll(() =>
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] }),
);
afterAll(() => jest.useRealTimers());

it('keeps every promise in memory, whatever happens at whatever time', async () => {
  const all = stories({ items: 6, kinds: ['fail', 'timeout', 'flaky'] });
  await fc.assert(
    fc.asyncProperty(all, fc.integer(), async (story, seed) => {
      const evidence = await runStory(story, chooser(seed));
      expect(violations(evidence)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
}, 300_000);
