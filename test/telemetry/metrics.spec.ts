import fc from 'fast-check';
import { exposition } from '../../lib/telemetry/exposition';
import { type Counter, Registry } from '../../lib/telemetry/metrics';
import { readPrometheusText } from './prometheus-text';

const number = fc.double({ noNaN: true, min: -1e9, max: 1e9 });

describe('metrics', () => {
  it('count, hold and observe, each combination of labels for itself', () => {
    const registry = new Registry();
    const merged = registry.counter('merged_total', 'Merged.');
    const failed = registry.counter('failed_total', 'Failed.', ['reason']);
    const active = registry.gauge('active', 'Active.');
    const seconds = registry.histogram('seconds', 'Time.', [0.1, 1], ['gate']);
    merged.add(1);
    merged.add(2);
    failed.add(1, { reason: 'conflict' });
    active.add(3);
    active.add(-2);
    for (const value of [0.1, 0.5, 7]) seconds.observe(value, { gate: 'test' });
    expect(registry.snapshot()).toEqual({
      merged_total: { type: 'counter', help: 'Merged.', values: [{ labels: {}, value: 3 }] },
      failed_total: {
        type: 'counter',
        help: 'Failed.',
        values: [{ labels: { reason: 'conflict' }, value: 1 }],
      },
      active: { type: 'gauge', help: 'Active.', values: [{ labels: {}, value: 1, max: 3 }] },
      seconds: {
        type: 'histogram',
        help: 'Time.',
        values: [
          {
            labels: { gate: 'test' },
            count: 3,
            sum: 7.6,
            max: 7,
            buckets: [
              { le: 0.1, count: 1 },
              { le: 1, count: 2 },
              { le: '+Inf', count: 3 },
            ],
          },
        ],
      },
    });
  });

  it('shows metrics without labels from the start, at zero', () => {
    const registry = new Registry();
    registry.counter('a_total', 'A.');
    registry.gauge('b', 'B.');
    registry.counter('c_total', 'C.', ['reason']);
    expect(exposition(registry.snapshot())).toBe(
      '# HELP a_total A.\n# TYPE a_total counter\na_total 0\n' +
        '# HELP b B.\n# TYPE b gauge\nb 0\n' +
        '# HELP c_total C.\n# TYPE c_total counter\n',
    );
  });

  it('is unaffected by what is done to a snapshot', () => {
    const registry = new Registry();
    const gauge = registry.gauge('a', 'A.');
    const before = registry.snapshot();
    gauge.set(5);
    expect(before.a!.values[0]).toMatchObject({ value: 0 });
  });

  it.each([
    ['a metric name', (r: Registry) => r.counter('1st', 'h')],
    ['a metric name with a dash', (r: Registry) => r.gauge('a-b', 'h')],
    ['a label name', (r: Registry) => r.counter('a', 'h', ['a-b'])],
    ['a reserved label name', (r: Registry) => r.counter('a', 'h', ['__name'])],
    ['a label twice', (r: Registry) => r.counter('a', 'h', ['x', 'x'])],
    ['le of a histogram', (r: Registry) => r.histogram('a', 'h', [1], ['le'])],
    ['buckets out of order', (r: Registry) => r.histogram('a', 'h', [1, 1])],
    ['an endless bucket', (r: Registry) => r.histogram('a', 'h', [1, Number.POSITIVE_INFINITY])],
    ['a name registered twice', (r: Registry) => r.gauge('a', 'h') && r.counter('a', 'h')],
    ['a negative increment', (r: Registry) => r.counter('a', 'h').add(-1)],
    ['an increment by NaN', (r: Registry) => r.counter('a', 'h').add(Number.NaN)],
    ['a gauge of NaN', (r: Registry) => r.gauge('a', 'h').set(Number.NaN)],
    ['an endless observation', (r: Registry) => r.histogram('a', 'h', [1]).observe(Number.POSITIVE_INFINITY)],
    ['a label missing', (r: Registry) => r.counter('a', 'h', ['x', 'y']).add(1, { x: '' } as never)],
    ['a label too many', (r: Registry) => r.counter('a', 'h', ['x']).add(1, { x: '', y: '' } as never)],
    ['labels where there are none', (r: Registry) => (r.counter('a', 'h') as Counter<'x'>).add(1, { x: '' })],
  ])('refuse %s', (_, misuse) => {
    expect(() => misuse(new Registry())).toThrow();
  });

  it('give text in the format of Prometheus, whatever the labels and values', () => {
    const observations = fc.array(
      fc.record({ value: number, by: fc.nat(1000), a: fc.string(), b: fc.string() }),
    );
    // −0 is no other bound than 0.
    const bounds = fc
      .uniqueArray(number, { minLength: 1, maxLength: 8, comparator: (x, y) => x === y })
      .map((b) => b.sort((x, y) => x - y));
    fc.assert(
      fc.property(observations, bounds, fc.string(), (all, buckets, help) => {
        const registry = new Registry();
        const counter = registry.counter('c_total', help, ['a', 'b']);
        const gauge = registry.gauge('g', `${help}\n\\n`, ['a']);
        const histogram = registry.histogram('h', help, buckets, ['b']);
        for (const { value, by, a, b } of all) {
          counter.add(by, { a, b });
          gauge.set(value, { a });
          histogram.observe(value, { b: `"\n\\${b}` });
        }
        const read = readPrometheusText(exposition(registry.snapshot()));
        expect([...read.keys()]).toEqual(['c_total', 'g', 'h']);
        expect(read.get('g')!.help).toBe(`${help}\n\\n`);
        for (const { a, b } of all) {
          const sameLabels = all.filter((o) => o.a === a && o.b === b);
          expect(read.get('c_total')!.samples).toContainEqual({
            name: 'c_total',
            labels: { a, b },
            value: sameLabels.reduce((sum, o) => sum + o.by, 0),
          });
          expect(read.get('g')!.samples).toContainEqual({
            name: 'g',
            labels: { a },
            value: all.findLast((o) => o.a === a)!.value + 0,
          });
          for (const le of buckets)
            expect(read.get('h')!.samples).toContainEqual({
              name: 'h_bucket',
              labels: { b: `"\n\\${b}`, le: String(le) },
              value: all.filter((o) => o.b === b && o.value <= le).length,
            });
        }
      }),
    );
  });
});

describe('the reader of the text format that these tests use', () => {
  const family = (samples: string, type = 'counter') => `# HELP a A.\n# TYPE a ${type}\n${samples}`;
  it.each([
    ['no newline at the end', family('a 1')],
    ['no help', 'a 1\n'],
    ['another metric', family('b 1\n')],
    ['a bare quote', family('a{x="""} 1\n')],
    ['an unknown escape', family('a{x="\\t"} 1\n')],
    ['no number', family('a one\n')],
    ['a series twice', family('a 1\na 2\n')],
    ['no +Inf', family('a_bucket{le="1"} 1\na_sum 1\na_count 1\n', 'histogram')],
    [
      'falling buckets',
      family('a_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n', 'histogram'),
    ],
    ['no sum', family('a_bucket{le="+Inf"} 1\na_count 1\n', 'histogram')],
  ])('refuses %s', (_, text) => {
    expect(() => readPrometheusText(text)).toThrow();
  });
});
