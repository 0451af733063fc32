import { load, plan, summaryOf } from './plans';

const sound = { name: 'sound', run: 'true' };
const shaky = { name: 'shaky', run: 'true', flaky: 'quarantine' };
const of = (fields: object) => plan({ gates: [sound, shaky], items: [{ name: 'a' }], ...fields });

describe('a gate in quarantine', () => {
  it('is neither required nor blocking, whatever names it', () => {
    for (const policy of [{}, { requiredGates: ['sound', 'shaky'] }, { blockOn: ['shaky'] }]) {
      const { gates } = load(of({ policy })).items[0]!;
      expect(gates).toMatchObject([
        { gate: { name: 'sound' }, required: true, blocking: true },
        { gate: { name: 'shaky' }, required: false, blocking: false },
      ]);
    }
  });

  it('does not count as the required gate that an item needs', () => {
    const codes = (fields: object) => summaryOf(of(fields)).map((line) => line.split(' ').slice(1).join(' '));
    const items = [{ name: 'a', gates: [shaky] }];
    expect(codes({ items })).toEqual(['items[0].gates ungated']);
    expect(codes({ gates: [shaky] })).toEqual(['items[0] ungated']);
    expect(codes({ policy: { requiredGates: ['shaky'] } })).toEqual(['items[0] ungated']);
    expect(codes({ items, policy: { ungated: 'allow' } })).toEqual([]);
  });

  it('verifies nothing, so that there has to be another one', () => {
    const problems = (...gates: unknown[]) => summaryOf(of({ policy: { integration: { gates } } }));
    const refused = [expect.stringContaining('policy.integration.gates ungated')];
    expect(problems('shaky')).toEqual(refused);
    expect(problems({ ...shaky, name: 'other' })).toEqual(refused);
    expect(problems('shaky', { ...shaky, name: 'other' })).toEqual(refused);
    expect(problems('shaky', 'sound')).toEqual([]);
    expect(problems('shaky', { ...sound, name: 'other' })).toEqual([]);
  });

  it('is the only thing that can be said of a flaky one', () => {
    expect(summaryOf(of({ gates: [sound, { ...shaky, flaky: 'ignore' }] }))).toEqual([
      expect.stringContaining('gates[1].flaky invalid-value'),
    ]);
  });
});
