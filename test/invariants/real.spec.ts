import fc from 'fast-check';
import { chooser } from '../run/choosers';
import { violations } from './check';
import { runStory } from './real/run';
import { stories } from './story';

/** The full check: npm run invariants. */
const RUNS = Number(process.env.LEX_PR_TEST_RUNS ?? 30);

it('keeps every promise with real git, wherever it is killed and whoever meddles', async () => {
  // Of gates that take too long one is enough.
  const all = stories({ items: 5, kinds: ['fail', 'fail', 'fail', 'flaky', 'flaky', 'timeout'] });
  await fc.assert(
    fc.asyncProperty(all, fc.integer(), async (story, seed) => {
      const evidence = await runStory(story, chooser(seed));
      expect(violations(evidence)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
}, 900_000);
