import fc from 'fast-check';
import { runWorld, type World, worlds } from '../../run/world';
import { runInCloud, type Weather } from './cloud';

// Many steps, on a machine that may be busy.
jest.setTimeout(60_000);

const calm: Weather = {
  crashes: false,
  duplicates: false,
  timeouts: false,
  losses: false,
  rotations: false,
  takeovers: false,
  pauses: false,
};
const storm: Weather = {
  crashes: true,
  duplicates: true,
  timeouts: true,
  losses: true,
  rotations: true,
  takeovers: true,
  pauses: true,
};

const chooser = (seed: number) => {
  let word = seed;
  // Numerical Recipes' linear congruential generator: reproducible from the seed that fast-check prints.
  return (n: number) => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return Math.floor((word / 2 ** 32) * n);
  };
};

const inCloud = (world: World): World => ({ ...world, engine: 'aws' });

async function expectSameEnd(world: World, seed: number, weather: Weather): Promise<void> {
  const expected = runWorld(inCloud(world), () => 0, { kills: false, duplicates: false });
  const actual = await runInCloud(inCloud(world), chooser(seed), weather);
  expect(actual.stuck).toBeUndefined();
  expect(actual.items).toEqual(expected.items);
  expect(actual.target).toBe(expected.target);
  if (!weather.takeovers && !weather.rotations) expect(actual.most).toBeLessThanOrEqual(world.lanes);
}

describe('lanes that take their turns through a store', () => {
  it('come to the end that one process comes to, in whatever order they call', () =>
    fc.assert(
      fc.asyncProperty(worlds, fc.integer(), (world, seed) => expectSameEnd(world, seed, calm)),
      { numRuns: 150 },
    ));

  for (const weather of Object.keys(storm) as (keyof Weather)[])
    it(`come to the same end with ${weather}`, () =>
      fc.assert(
        fc.asyncProperty(worlds, fc.integer(), (world, seed) =>
          expectSameEnd(world, seed, { ...calm, [weather]: true }),
        ),
        { numRuns: 100 },
      ));

  it('come to the same end when everything goes wrong at once', () =>
    fc.assert(
      fc.asyncProperty(worlds, fc.integer(), (world, seed) => expectSameEnd(world, seed, storm)),
      { numRuns: 300 },
    ));
});
