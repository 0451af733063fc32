import fc from 'fast-check';
import { addSnapshots, OTHER, withFewLabels, withoutGauges } from '../../lib/telemetry/add-snapshots';
import { Registry, type Snapshot } from '../../lib/telemetry/metrics';

type Step = readonly [metric: 'counter' | 'gauge' | 'histogram', gate: string, value: number];

function snapshotOf(steps: readonly Step[]): Snapshot {
  const registry = new Registry();
  const counter = registry.counter('c', 'help', ['gate']);
  const gauge = registry.gauge('g', 'help', ['gate']);
  const histogram = registry.histogram('h', 'help', [1, 10], ['gate']);
  for (const [metric, gate, value] of steps) {
    if (metric === 'counter') counter.add(value, { gate });
    if (metric === 'gauge') gauge.add(value, { gate });
    if (metric === 'histogram') histogram.observe(value, { gate });
  }
  return registry.snapshot();
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom('counter' as const, 'gauge' as const, 'histogram' as const),
    fc.constantFrom('a', 'b', 'c', 'd', '"', '\\'),
    fc.nat({ max: 20 }),
  ),
  { maxLength: 30 },
);
/** Values whatever the order of their labels; highest values of gauges depend on what happened when. */
const plain = (snapshot: Snapshot) =>
  Object.fromEntries(
    Object.entries(snapshot).map(([name, { values }]) => [
      name,
      [...values].map((sample) => JSON.stringify(name === 'g' ? { ...sample, max: 0 } : sample)).sort(),
    ]),
  );

describe('metrics of several sources', () => {
  it('add up to those of one that has seen everything', () => {
    fc.assert(
      fc.property(steps, steps, steps, (a, b, c) => {
        const sum = addSnapshots([a, b, c].map(snapshotOf));
        expect(plain(sum)).toEqual(plain(snapshotOf([...a, ...b, ...c])));
      }),
    );
  });

  it('do not add up where one name means two kinds', () => {
    const other = new Registry();
    other.counter('g', 'help');
    expect(() => addSnapshots([snapshotOf([]), other.snapshot()])).toThrow(TypeError);
  });

  it('have gauges of nothing once all is over', () => {
    const { c, g } = withoutGauges(
      snapshotOf([
        ['gauge', 'a', 3],
        ['counter', 'a', 2],
      ]),
    );
    expect(g!.values).toEqual([{ labels: { gate: 'a' }, value: 0, max: 0 }]);
    expect(c!.values).toEqual([{ labels: { gate: 'a' }, value: 2 }]);
  });
});

describe('few labels', () => {
  it('keep the first ones and every value, however often more is added', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 5 }), (runs) => {
        let sum: Snapshot = {};
        for (const run of runs) sum = withFewLabels(addSnapshots([sum, snapshotOf(run)]), 3);
        const whole = addSnapshots(runs.map(snapshotOf));
        for (const [name, { values }] of Object.entries(sum)) {
          expect(values.length).toBeLessThanOrEqual(3);
          if (name === 'g') continue;
          const total = (of: Snapshot) =>
            of[name]!.values.reduce(
              (all, sample) => all + ('value' in sample ? sample.value : sample.sum),
              0,
            );
          expect(total(sum)).toBe(total(whole));
        }
      }),
    );
  });

  it('never take a value away from a name that they have kept', () => {
    const first = withFewLabels(
      snapshotOf([
        ['counter', 'a', 1],
        ['counter', 'b', 1],
        ['counter', 'c', 1],
      ]),
      2,
    );
    const then = withFewLabels(
      addSnapshots([
        first,
        snapshotOf([
          ['counter', 'c', 1],
          ['counter', 'a', 1],
        ]),
      ]),
      2,
    );
    expect(then.c!.values).toEqual([
      { labels: { gate: 'a' }, value: 2 },
      { labels: { gate: OTHER }, value: 3 },
    ]);
  });
});
