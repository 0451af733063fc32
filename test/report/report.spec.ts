import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { overallStatus, ReportSchema, reportJsonSchema } from '../../lib/report/report';
import { fullReport, report } from './sample';

const committed = () =>
  JSON.parse(readFileSync(join(__dirname, '../../docs/schemas/report.schema.json'), 'utf8'));

function validator() {
  return new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': true } }).compile(committed());
}

describe('the schema of report.json', () => {
  it('is committed as it is in the code', () => {
    expect(committed()).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
  });

  it('accepts a full report and an empty one', () => {
    const validate = validator();
    for (const sample of [fullReport(), report([])]) {
      validate(JSON.parse(JSON.stringify(sample)));
      expect(validate.errors ?? []).toEqual([]);
      expect(ReportSchema.parse(sample)).toEqual(sample);
    }
  });

  it('refuses a report that lacks a field of the contract, has one more, or times without milliseconds', () => {
    const validate = validator();
    const { maxWorkers: _, ...lacking } = fullReport();
    expect(validate(lacking)).toBe(false);
    expect(validate({ ...fullReport(), colour: 'red' })).toBe(false);
    expect(validate({ ...fullReport(), startedAt: '2026-01-02T03:04:05Z' })).toBe(false);
  });

  it('describes every field that is not plain from its name', () => {
    const text = JSON.stringify(reportJsonSchema());
    for (const words of ['would be merged', 'last attempt', 'relative to the artifact folder'])
      expect(text).toContain(words);
  });
});

describe('overallStatus', () => {
  const statuses = fc.array(
    fc.record({ status: fc.constantFrom('merged', 'failed', 'blocked', 'skipped', 'cancelled') } as const),
  );

  it('is merged for all, also of none; partial for some; failed for none', () => {
    expect(overallStatus([], false)).toBe('merged');
    fc.assert(
      fc.property(statuses, (items) => {
        const merged = items.filter(({ status }) => status === 'merged').length;
        const expected = merged === items.length ? 'merged' : merged === 0 ? 'failed' : 'partial';
        expect(overallStatus(items, false)).toBe(expected);
      }),
    );
  });

  it('is cancelled for a cancelled run, whatever its items', () => {
    fc.assert(fc.property(statuses, (items) => expect(overallStatus(items, true)).toBe('cancelled')));
  });
});
