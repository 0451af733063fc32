import type { Gate, Policy } from '../../lib/plan/plan';
import { gateDefinition, verificationGates } from '../../lib/run/verification';
import { planOf, UNTROUBLED, type World } from './world';

const required = { failures: 0, blocking: true };
const optional = { failures: 0, blocking: false };
const world: World = {
  deps: [[], [], []],
  gates: [[required, required], [optional, required], [required]],
  ...UNTROUBLED,
  ...{ lanes: 1, batchSize: 1, execute: true, engine: 'local' },
};
const { ordered, policy } = planOf(world);
const gate = ordered.items[0]!.gates[0]!.gate;
const integration = (given: Partial<Extract<Policy['integration'], { kind: 'gates' }>>): Policy => ({
  ...policy,
  integration: { ...policy.integration, ...given } as Policy['integration'],
});

describe('what has to pass on the woven commit', () => {
  it('is what items require, each gate once, with those that ask for it', () => {
    const found = verificationGates(ordered, policy).map(([{ name }, items]) => [name, [...items!]]);
    expect(found).toEqual([
      ['g0', [0, 2]],
      ['g1', [0, 1]],
    ]);
  });

  it('is what the policy names instead, whoever is in', () => {
    const own = { ...gate, name: 'own' };
    expect(verificationGates(ordered, integration({ gates: [own] }))).toEqual([[own, undefined]]);
    expect(verificationGates(ordered, integration({ gates: [] }))).toEqual([]);
  });

  it('is nothing where the policy says so', () => {
    expect(verificationGates(ordered, { ...policy, integration: { kind: 'none' } })).toEqual([]);
  });
});

describe('two gates are the same', () => {
  it('whatever the order of their variables', () => {
    const one: Gate = { ...gate, env: { A: '1', B: '2', C: '3' } };
    expect(gateDefinition({ ...gate, env: { C: '3', A: '1', B: '2' } })).toBe(gateDefinition(one));
  });

  it.each<Partial<Gate>>([
    { name: 'other' },
    { run: 'other' },
    { cwd: 'other' },
    { env: { A: '1' } },
    { timeoutSeconds: 2 },
    { runtime: 'docker' as Gate['runtime'] },
    { artifacts: ['*.log'] },
    { cache: 'off' as Gate['cache'] },
    { image: 'other' },
    { flaky: 'quarantine' },
  ])('but not where %j is different', (other) => {
    expect(gateDefinition({ ...gate, ...other })).not.toBe(gateDefinition(gate));
  });

  it('nor where a variable has another value', () => {
    const [one, other] = ['1', '2'].map((A) => gateDefinition({ ...gate, env: { A } }));
    expect(one).not.toBe(other);
  });
});
