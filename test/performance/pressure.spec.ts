import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePressure, pressureReader } from '../../lib/performance/pressure';
import { PressureMonitor } from '../../lib/performance/pressure-monitor';

const text = (avg10: string, total: number) =>
  `some avg10=${avg10} avg60=9.00 avg300=9.00 total=${total}\nfull avg10=8.00 avg60=8.00 avg300=8.00 total=8\n`;

describe('pressure', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the line `some`, whatever else is there', () => {
    expect(parsePressure(text('71.23', 10511078789))).toEqual({ avg10: 71.23, totalUs: 10511078789 });
    expect(parsePressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n')).toEqual({
      avg10: 0,
      totalUs: 0,
    });
    for (const other of [
      '',
      'some',
      'full avg10=1.00 avg60=1.00 avg300=1.00 total=1',
      'some avg10=x total=1',
    ])
      expect(parsePressure(other)).toBeUndefined();
  });

  it('is that of the container before that of the machine; one that cannot be read is not there', () => {
    const own = join(folder, '*.pressure');
    const read = pressureReader([own, join(folder, 'proc/*')]);
    expect(read('cpu')).toBeUndefined();
    mkdirSync(join(folder, 'proc'));
    writeFileSync(join(folder, 'proc/cpu'), text('2.00', 2));
    // As reading fails with `psi=0`.
    mkdirSync(join(folder, 'cpu.pressure'));
    expect(read('cpu')).toEqual({ avg10: 2, totalUs: 2 });
    expect(read('io')).toBeUndefined();
    rmSync(join(folder, 'cpu.pressure'), { recursive: true });
    writeFileSync(join(folder, 'cpu.pressure'), text('1.00', 1));
    expect(read('cpu')).toEqual({ avg10: 1, totalUs: 1 });
  });

  it('of this system is a share of the time, where it is known', () => {
    for (const resource of ['cpu', 'io', 'memory'] as const) {
      const { avg10, totalUs } = pressureReader()(resource) ?? { avg10: 0, totalUs: 0 };
      expect(avg10).toBeGreaterThanOrEqual(0);
      expect(avg10).toBeLessThanOrEqual(100);
      expect(Number.isSafeInteger(totalUs)).toBe(true);
    }
  });

  it('is watched: crossings are told, not samples, and what is unknown is none', () => {
    const readings = [10, 80, 81, 95, undefined, 90, 70];
    const events: string[] = [];
    const monitor = new PressureMonitor(
      'io',
      80,
      () => {
        const avg10 = readings.shift();
        return avg10 === undefined ? undefined : { avg10, totalUs: 0 };
      },
      {
        onCrossing: (resource, above, { percent, thresholdPercent }) =>
          events.push(`${resource} ${above ? 'above' : 'below'} ${percent}/${thresholdPercent}`),
      },
    );
    const above = Array.from({ length: 7 }, () => monitor.isAbove());
    expect(above).toEqual([false, false, true, true, false, true, false]);
    expect(events).toEqual(['io above 81/80', 'io below 0/80', 'io above 90/80', 'io below 70/80']);
  });
});
