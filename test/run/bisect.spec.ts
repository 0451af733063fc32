import fc from 'fast-check';
import type { RunEvent } from '../../lib/run/messages';
import { ItemStatus } from '../../lib/run/state';
import { chooser } from './choosers';
import { runWorld, UNTROUBLED, type World, workloadOf } from './world';

type Of<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>;

/** Items that pass alone and do not depend on each other: only the weave fails. */
const apart = (size: number, more: Partial<World>): World => ({
  ...UNTROUBLED,
  deps: Array.from({ length: size }, () => []),
  gates: Array.from({ length: size }, () => [{ failures: 0, blocking: true }]),
  lanes: 1,
  batchSize: 1,
  execute: true,
  engine: 'local',
  maxClashProbes: 50,
  ...more,
});

function search(world: World, seed = 1) {
  const outcome = runWorld(world, chooser(seed), { kills: false, duplicates: false });
  expect(outcome.violations).toEqual([]);
  const of = <Name extends RunEvent['event']>(name: Name) =>
    outcome.events.filter((event): event is Of<Name> => event.event === name);
  const probes = of('probe');
  return {
    ...outcome,
    evicted: of('evict'),
    gaveUp: of('give-up'),
    /** For the item that breaks the weave, and for what it clashes with. */
    probes: probes.filter((probe) => probe.with === undefined),
    clashProbes: probes.filter((probe) => probe.with !== undefined),
  };
}

const rounds = (probes: readonly { readonly round: number }[]) =>
  new Set(probes.map(({ round }) => round)).size;
const seeds = fc.nat(2 ** 31);
/** So many items, and different ones among them, ascending. */
const sizeAnd = (least: number, most: number) =>
  fc.integer({ min: Math.max(3, least), max: 40 }).chain((size) =>
    fc.tuple(
      fc.constant(size),
      fc
        .uniqueArray(fc.nat(size - 1), { minLength: least, maxLength: Math.min(most, size) })
        .map((items) => items.sort((a, b) => a - b)),
    ),
  );

describe('the search for what breaks a weave', () => {
  it('names the item, what it was woven after, and the last one without which it passes', () => {
    fc.assert(
      fc.property(sizeAnd(2, 4), fc.integer({ min: 1, max: 8 }), seeds, ([size, breaks], lanes, seed) => {
        const { evicted, gaveUp, items } = search(apart(size, { breaks, lanes }), seed);
        const culprit = breaks.at(-1)!;
        expect(gaveUp).toEqual([]);
        expect(evicted).toMatchObject([{ item: culprit, after: culprit - 1, clash: [breaks.at(-2)!] }]);
        expect(items.filter((status) => status === ItemStatus.integrationFailed)).toHaveLength(1);
      }),
      { numRuns: 100 },
    );
  });

  it('costs a look at each of log2 of the items where one is looked at a time, and looks at none twice', () => {
    fc.assert(
      fc.property(sizeAnd(2, 2), seeds, ([size, breaks], seed) => {
        const { probes, clashProbes } = search(apart(size, { breaks }), seed);
        expect(probes.length).toBeGreaterThan(0);
        expect(probes.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        expect(clashProbes.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)) + 1);
        for (const some of [probes, clashProbes])
          expect(new Set(some.map(({ upTo }) => upTo)).size).toBe(some.length);
        expect(clashProbes.every((probe) => probe.with === breaks[1] && probe.upTo < breaks[1]!)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('needs fewer rounds with more free lanes', () => {
    fc.assert(
      fc.property(sizeAnd(2, 2), seeds, ([size, breaks], seed) => {
        // Seven at once divide by eight; the lane that reports the failure asks for the first probe.
        const { probes } = search(apart(size, { breaks, lanes: 8 }), seed);
        expect(rounds(probes)).toBeLessThanOrEqual(Math.ceil(Math.log2(size) / Math.log2(8)));
      }),
      { numRuns: 100 },
    );
  });

  it('tells where the item was seen to fail', () => {
    fc.assert(
      fc.property(sizeAnd(2, 2), fc.integer({ min: 1, max: 8 }), seeds, ([size, breaks], lanes, seed) => {
        const world = apart(size, { breaks, lanes });
        const { evicted, events } = search(world, seed);
        const { round, task } = evicted[0]!;
        const seen = events.filter(
          (event) =>
            event.event === 'result' && event.kind === 'gate' && event.task === task && event.round === round,
        );
        expect(seen).toMatchObject([{ outcome: 'fail' }]);
        const load = workloadOf(world);
        expect(load.tasks[task]!.item).toBe(-1);
      }),
      { numRuns: 100 },
    );
  });

  it('evicts one after another where two sets of items break it, and does not look again at what has passed', () => {
    fc.assert(
      fc.property(sizeAnd(4, 4), seeds, ([size, [a, b, c, d]], seed) => {
        const world = apart(size, { breaks: [a!, b!], breaksToo: [c!, d!] });
        const { evicted, probes, items, events } = search(world, seed);
        expect(evicted.map(({ item }) => item)).toEqual([b, d]);
        expect(evicted[1]!.after).toBe(d! - 1 === b ? b! - 1 : d! - 1);
        const again = probes.filter((probe) => events.indexOf(probe) > events.indexOf(evicted[0]!));
        expect(again.every(({ upTo }) => upTo > evicted[0]!.after)).toBe(true);
        expect(items.filter((status) => status === ItemStatus.integrationFailed)).toHaveLength(2);
      }),
      { numRuns: 100 },
    );
  });

  it('stays within the limits, and says that they were reached', () => {
    fc.assert(
      fc.property(
        sizeAnd(2, 2),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 8 }),
        seeds,
        ([size, breaks], maxProbes, maxClashProbes, lanes, seed) => {
          const world = apart(size, { breaks, maxProbes, maxClashProbes, lanes });
          const { probes, clashProbes, evicted, gaveUp, target, items } = search(world, seed);
          expect(probes.length + clashProbes.length).toBeLessThanOrEqual(maxProbes);
          expect(clashProbes.length).toBeLessThanOrEqual(maxClashProbes);
          if (gaveUp.length === 0) {
            expect(evicted[0]!.item).toBe(breaks[1]);
            return;
          }
          expect(gaveUp).toMatchObject([{ why: 'limit' }]);
          expect(evicted).toEqual([]);
          expect(target).toBe('base');
          expect(new Set(items)).toEqual(new Set([ItemStatus.integrationFailed]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('blames the base where that fails by itself', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        seeds,
        (size, lanes, seed) => {
          const { evicted, gaveUp, target } = search(apart(size, { breaksAlone: true, lanes }), seed);
          expect(evicted).toEqual([]);
          expect(gaveUp).toMatchObject([{ why: 'base' }]);
          expect(target).toBe('base');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('leaves what the item depends on out of whom it clashes with', () => {
    fc.assert(
      fc.property(sizeAnd(2, 2), seeds, ([size, [other, culprit]], seed) => {
        const pick = chooser(seed);
        const deps = Array.from({ length: size }, (_, item) =>
          // Nothing depends on the one, so that nothing else fails with both.
          [...Array(item).keys()].filter((dep) => dep !== other && dep !== culprit && pick(4) === 0),
        );
        const { evicted } = search(apart(size, { deps, breaks: [other!, culprit!] }), seed);
        expect(evicted).toMatchObject([{ item: culprit, clash: [other] }]);
      }),
      { numRuns: 100 },
    );
  });

  it('tells whom it may clash with, or nobody where they are too many, when it may look no further', () => {
    fc.assert(
      fc.property(sizeAnd(2, 2), fc.nat(4), seeds, ([size, [other, culprit]], maxClashProbes, seed) => {
        const world = apart(size, { breaks: [other!, culprit!], maxClashProbes });
        const { clash } = search(world, seed).evicted[0]!;
        expect(clash.length).toBeLessThanOrEqual(10);
        if (clash.length > 0) expect(clash).toContain(other);
        expect(clash.every((item) => item < culprit!)).toBe(true);
        // Each look halves those that may be it.
        const undecided = Math.floor(culprit! / 2 ** maxClashProbes);
        if (undecided < 10) expect(clash).not.toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('finds what breaks a target that an item mends, where a prefix passes that is not too short', () => {
    fc.assert(
      fc.property(sizeAnd(2, 2), seeds, ([size, [mends, culprit]], seed) => {
        const world = apart(size, { breaksAlone: true, mends: mends!, breaks: [culprit!] });
        const { evicted, gaveUp, probes, target } = search(world, seed);
        const places = Math.ceil(Math.log2(size));
        expect(probes.length).toBeLessThanOrEqual(3 * places + 1);
        // Nor is the whole looked at again, which is known to fail.
        expect(new Set(probes.map(({ upTo }) => upTo)).size).toBe(probes.length);
        expect(probes.every(({ upTo }) => upTo < size - 1)).toBe(true);
        if (culprit! - mends! > size / places + 1) expect(gaveUp).toEqual([]);
        if (gaveUp.length > 0) {
          expect(gaveUp).toMatchObject([{ why: 'base' }]);
          expect(target).toBe('base');
        } else expect(evicted).toMatchObject([{ item: culprit, after: culprit! - 1 }]);
      }),
      { numRuns: 100 },
    );
  });

  it('stays within the limits on such a target as well', () => {
    const limits = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(
        sizeAnd(2, 2),
        limits,
        limits,
        seeds,
        ([size, [mends, culprit]], maxProbes, lanes, seed) => {
          const world = apart(size, {
            breaksAlone: true,
            mends: mends!,
            breaks: [culprit!],
            maxProbes,
            lanes,
          });
          const { evicted, gaveUp, probes, clashProbes, target } = search(world, seed);
          expect(probes.length + clashProbes.length).toBeLessThanOrEqual(maxProbes);
          expect(evicted.length + gaveUp.length).toBe(1);
          if (gaveUp.length > 0) expect(target).toBe('base');
          else expect(evicted[0]!.item).toBe(culprit);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('does not count what was seen of one gate for another one that fails only after an eviction', () => {
    const two = [0, 1].map(() => ({ failures: 0, blocking: true }));
    const world = apart(8, {
      gates: Array.from({ length: 8 }, (_, item) => (item === 2 ? two.slice(1) : two)),
      // The sixth mends what the third breaks, for the other gate.
      breaksGate: (gate, woven) =>
        gate === 'g0' ? woven.has(1) && woven.has(5) : woven.has(2) && !woven.has(5),
    });
    expect(search(world).evicted).toMatchObject([
      { item: 5, after: 4, clash: [1] },
      // The first one to ask for the gate.
      { item: 2, after: 1, clash: [0] },
    ]);
  });

  it('blames who asks for a gate that fails on everything, also on the base', () => {
    const one = { failures: 0, blocking: true };
    const world = apart(6, {
      gates: Array.from({ length: 6 }, (_, item) => (item === 3 ? [one, one] : [one])),
      breaksGate: (gate) => gate === 'g1',
    });
    const { evicted, gaveUp, items } = search(world);
    expect(gaveUp).toEqual([]);
    expect(evicted).toMatchObject([{ item: 3, after: 2 }]);
    expect(items.filter((status) => status === ItemStatus.woven)).toHaveLength(5);
  });

  it('names nobody for an item that fails a gate of the policy by itself', () => {
    const world = apart(6, {
      verified: ['g0', 'g1'],
      breaksGate: (gate, woven) => gate === 'g0' && woven.has(3),
    });
    expect(search(world).evicted).toMatchObject([{ item: 3, after: 2, clash: [] }]);
  });

  it('looks for what fails by gates that block, and for nothing that a gate in quarantine says', () => {
    const world = apart(6, {
      verified: ['g0', 'g1'],
      breaksGate: (gate, woven) => gate === 'g1' || (woven.has(1) && woven.has(4)),
    });
    expect(search(world).evicted).toMatchObject([{ item: 4, after: 3, clash: [1] }]);
    const quiet = search({ ...world, breaksGate: (gate) => gate === 'g1' });
    expect(quiet.probes).toEqual([]);
    expect(quiet.items.every((status) => status === ItemStatus.woven)).toBe(true);
  });
});
