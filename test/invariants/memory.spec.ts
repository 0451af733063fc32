import fc from 'fast-check';
import { chooser } from '../run/choosers';
import { violations } from './check';
import { runStory } from './memory/run';
import { stories } from './story';

const RUNS = 1_000;

beforeAll(() =>
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] }),
);
afterAll(() => jest.useRealTimers());

describe.each(['local', 'aws'] as const)('a run in memory, on engine %s', (engine) => {
  it('keeps every promise, whatever happens at whatever time', async () => {
    const all = stories({ items: 6, kinds: ['fail', 'timeout', 'flaky'] });
    await fc.assert(
      fc.asyncProperty(all, fc.integer(), async (story, seed) => {
        const evidence = await runStory(story, engine, chooser(seed));
        expect(violations(evidence)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 300_000);
});
