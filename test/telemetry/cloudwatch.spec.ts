import fc from 'fast-check';
import { metricData, sendMetrics } from '../../lib/telemetry/cloudwatch';
import type { Sample } from '../../lib/telemetry/samples';

const at = new Date(0);
const sample = (value: number, name = 'm', dimensions: Record<string, string> = {}): Sample => ({
  name,
  unit: 'Seconds',
  dimensions,
  value,
});

describe('metrics for CloudWatch', () => {
  it('sends values of one series together, each once with its count', () => {
    expect(metricData([sample(2), sample(1), sample(2), sample(5, 'n')], at)).toEqual([
      { MetricName: 'm', Unit: 'Seconds', Timestamp: at, Dimensions: [], Values: [2, 1], Counts: [2, 1] },
      { MetricName: 'n', Unit: 'Seconds', Timestamp: at, Dimensions: [], Values: [5], Counts: [1] },
    ]);
  });

  it('keeps series with other dimensions apart, in whatever order they are written', () => {
    const data = metricData(
      [
        sample(1, 'm', { gate: 'a', status: 'pass' }),
        sample(1, 'm', { status: 'pass', gate: 'a' }),
        sample(1, 'm', { gate: 'b', status: 'pass' }),
      ],
      at,
    );
    expect(data.map(({ Dimensions, Counts }) => [Dimensions![0]!.Value, Counts])).toEqual([
      ['a', [2]],
      ['b', [1]],
    ]);
  });

  it('loses and adds no value, and stays within the limits of a call', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer(), fc.constantFrom('a', 'b')), { maxLength: 800 }),
        (values) => {
          const data = metricData(
            values.map(([value, name]) => sample(value, name)),
            at,
          );
          for (const { Values } of data) expect(Values!.length).toBeLessThanOrEqual(150);
          for (const name of ['a', 'b']) {
            const sent = data
              .filter(({ MetricName }) => MetricName === name)
              .flatMap(({ Values, Counts }) => Values!.flatMap((value, k) => Array(Counts![k]).fill(value)));
            const given = values.filter(([, of]) => of === name).map(([value]) => value);
            expect(sent.sort((x, y) => x - y)).toEqual(given.sort((x, y) => x - y));
          }
        },
      ),
    );
  });

  it('turns what CloudWatch would refuse as a dimension into something that it takes', () => {
    const dimension = (gate: string) => metricData([sample(1, 'm', { gate })], at)[0]!.Dimensions![0]!.Value;
    expect(dimension('tést\n')).toBe('t?st?');
    expect(dimension(':lint')).toBe('lint');
    expect(dimension('  ')).toBe('?');
    expect(dimension('x'.repeat(300))).toHaveLength(255);
  });

  it('tells of a failure to send, and throws nothing', async () => {
    const errors: unknown[] = [];
    const send = () => Promise.reject(new Error('no room'));
    await sendMetrics({ send } as never, 'LexPr', [sample(1)], (error) => errors.push(error));
    expect(errors).toEqual([new Error('no room')]);
  });

  it('needs one call for the samples of a turn', async () => {
    const calls: unknown[] = [];
    const send = async (command: unknown) => void calls.push(command);
    const samples = Array.from({ length: 500 }, (_, k) => sample(k, `m${k % 20}`));
    await sendMetrics({ send } as never, 'LexPr', samples, () => {});
    expect(calls).toHaveLength(1);
  });
});
