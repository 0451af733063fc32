import type { Item } from '../../lib/plan/plan';
import { decodeRecord, encodeRecord, type RunRecord } from '../../lib/run/record';
import { load, plan } from '../plan/plans';

/** The record of a run of a plan. */
const recordOf = (fields: object): RunRecord => ({
  id: 'r',
  plan: load(plan({ items: [{ name: 'a' }], ...fields })),
  execute: true,
  engine: 'local',
  gatesOnly: false,
  lanes: 1,
  artifactFolder: '/artifacts',
  startedAt: 0,
  base: 'base',
  heads: [{ ref: null, sha: 'head' }],
  outdated: [],
  committer: { name: 'Tester', email: 'tester@example.com' },
});
const item = (fields: Partial<Item>) => ({ items: [{ name: 'a', ...fields }] });
const formatOf = (fields: object) => JSON.parse(encodeRecord(recordOf(fields))).format;

describe('the record of a run', () => {
  it.each([[{}], [item({ hotfix: true })]])('comes back as it was: %j', (fields) => {
    const record = recordOf(fields);
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it('has a format that versions before refuse only where they would read it wrongly', () => {
    expect(formatOf({})).toBe(1);
    expect(formatOf(item({ priority: 0, hotfix: false }))).toBe(1);
    expect(formatOf(item({ priority: 1 }))).toBe(2);
    expect(formatOf(item({ hotfix: true }))).toBe(2);
    expect(formatOf({ policy: { failFast: true } })).toBe(2);
    expect(formatOf({ policy: { overrides: { adminGreen: ['ann'] } } })).toBe(2);
    const watched = { name: 'watched', run: 'true', flaky: 'quarantine' };
    expect(formatOf({ gates: [{ name: 'test', run: 'true' }, watched] })).toBe(2);
  });

  it('is refused in a format that is not known', () => {
    expect(() => decodeRecord(JSON.stringify({ format: 3 }))).toThrow('format 3');
  });
});
