import fc from 'fast-check';
import { chooser } from '../run/choosers';
import { violations } from './check';
import { runStory } from './emulator/run';
import { stories } from './story';

/** Runs at once, and how often. */
const AT_ONCE = 4;
const ROUNDS = Number(process.env.LEX_PR_TEST_ROUNDS ?? 5);

it('keeps every promise on the stack, whatever happens meanwhile', async () => {
  const all = stories({ items: 4, kinds: ['fail', 'flaky', 'timeout'] }).map((story) => ({
    ...story,
    overrides: [],
    items: story.items.map((item) => ({ ...item, isOverridden: false })),
  }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(all, fc.integer()), { minLength: AT_ONCE, maxLength: AT_ONCE }),
      async (told) => {
        const seen = await Promise.all(told.map(([story, seed]) => runStory(story, chooser(seed))));
        expect(seen.map(violations)).toEqual(seen.map(() => []));
      },
    ),
    { numRuns: ROUNDS, endOnFailure: true },
  );
}, 600_000);
