import fc from 'fast-check';
import { type Strain, Throttle } from '../../lib/performance/throttle';

/** Long enough for any chain of releases that is not stopped by a wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

/** Strains, a clock and waits that the test moves. */
function setUp(names: readonly string[]) {
  const world = { ms: 0, active: 0, above: new Set<string>() };
  const events: string[] = [];
  const waits: (() => void)[] = [];
  const strains = names.map(
    (name): Strain => ({
      isAbove: () => world.above.has(name),
      onThrottle: () => events.push(`${name} throttle`),
      onRelease: (seconds) => events.push(`${name} release ${seconds}`),
    }),
  );
  const throttle = new Throttle(strains, {
    now: () => world.ms,
    delay: (_, signal) =>
      new Promise((resolve, reject) => {
        waits.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  const tick = async () => {
    world.ms += 100;
    waits.at(-1)?.();
    await settle();
  };
  return { world, events, strains, throttle, tick };
}

describe('throttle', () => {
  it('holds work back while any strain is above, and counts the time of each', async () => {
    const { world, events, strains, throttle, tick } = setUp(['memory', 'cpu']);
    world.active = 1;
    world.above.add('cpu');
    let started = false;
    const asked = throttle.admit(() => world.active).then(() => (started = true));
    await settle();
    world.above.add('memory');
    await tick();
    world.above.delete('cpu');
    await tick();
    expect([started, strains.map((strain) => throttle.heldSeconds(strain))]).toEqual([false, [0.1, 0.2]]);
    expect(throttle.anyHeldSeconds()).toBe(0.2);
    await tick();
    world.above.clear();
    await tick();
    await asked;
    expect(events).toEqual(['cpu throttle', 'memory throttle', 'cpu release 0.2', 'memory release 0.3']);
    expect(strains.map((strain) => throttle.heldSeconds(strain))).toEqual([0.3, 0.2]);
  });

  it('starts nothing above, but for one where none is at work, and lets everybody go in the end', async () => {
    const moment = fc.record({
      above: fc.subarray(['a', 'b', 'c']),
      ask: fc.nat(2),
      ends: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { maxLength: 12 }), async (moments) => {
        const { world, throttle, tick } = setUp(['a', 'b', 'c']);
        let open = 0;
        const start = () => {
          if (world.above.size > 0) expect(world.active).toBe(0);
          world.active += 1;
          open -= 1;
        };
        const end = () => {
          if (world.active === 0) return;
          world.active -= 1;
          throttle.workerEnded();
        };
        for (const { above, ask, ends } of moments) {
          world.above = new Set(above);
          for (let k = 0; k < ask; k += 1) {
            open += 1;
            void throttle.admit(() => world.active).then(start);
          }
          if (ends) end();
          await tick();
        }
        // Whatever stays above: each end lets the next one go.
        for (let k = 0; k < moments.length * 2 + 1; k += 1) {
          while (world.active > 0) end();
          await settle();
        }
        expect(open).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
