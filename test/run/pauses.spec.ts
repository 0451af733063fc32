import { InputError } from '../../lib/errors';
import { type KeptPause, type PauseWords, pauseOf, withoutPause, withPause } from '../../lib/run/pauses';

const words: PauseWords = {
  nameOf: (target) => target ?? 'all',
  unpause: (target) => `unpause ${target ?? ''}`.trim(),
};
const onMain: KeptPause = { target: 'main', why: 'by ann: the release', at: 1 };
const onAll: KeptPause = { target: null, why: 'by bob: the holidays', at: 2 };

function problemOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error.problems[0];
    throw error;
  }
  return undefined;
}

describe('pauses', () => {
  it('hold what they name, the one on the target itself before the one on all', () => {
    expect(pauseOf([], 'main')).toBeUndefined();
    expect(pauseOf([onMain], 'next')).toBeUndefined();
    expect(pauseOf([onAll], 'next')).toEqual({ why: onAll.why });
    expect(pauseOf([onAll, onMain], 'main')).toEqual({ why: onMain.why });
  });

  it('are the same after a second one for the same reason, and refuse one for another', () => {
    const pauses = [onMain];
    expect(withPause(pauses, { ...onMain, at: 9 }, words)).toBe(pauses);
    expect(withPause(pauses, onAll, words)).toEqual([onMain, onAll]);
    expect(problemOf(() => withPause(pauses, { ...onMain, why: 'by bob' }, words))).toMatchObject({
      code: 'paused',
      message: 'main is paused already, by ann: the release',
      hint: 'end that first: unpause main',
    });
  });

  it('end one by one; the end of one that there is not is refused with those that there are', () => {
    expect(withoutPause([onMain, onAll], null, words)).toEqual([onMain]);
    expect(problemOf(() => withoutPause([onMain, onAll], 'next', words))).toEqual({
      code: 'not-paused',
      message: 'there is no pause of next',
      hint: 'what is paused: main (unpause main), all (unpause)',
    });
    expect(problemOf(() => withoutPause([], null, words))).toMatchObject({ hint: 'nothing is paused' });
  });
});
