import { checkAwsPlan, MAX_GATE_SECONDS, MAX_ITEMS } from '../../../lib/engine/aws/check-plan';
import { InputError } from '../../../lib/errors';
import { loadPlan } from '../../../lib/plan/load';

const plan = (document: object) =>
  loadPlan(JSON.stringify({ schemaVersion: 'v1', target: 'main', ...document }), {
    file: 'plan.json',
    cwd: '/',
    defaultRepository: 'https://host/r.git',
  });
const problemsOf = (document: object) => {
  try {
    checkAwsPlan(plan(document));
    return [];
  } catch (error) {
    return error instanceof InputError ? error.problems.map(({ code, path }) => [code, path]) : [error];
  }
};
const gate = (timeoutSeconds: number) => ({ name: `g${timeoutSeconds}`, run: 'true', timeoutSeconds });

describe('a plan for the aws engine', () => {
  it('may have gates of up to 840 seconds', () => {
    expect(problemsOf({ gates: [gate(MAX_GATE_SECONDS)], items: [{ name: 'a' }] })).toEqual([]);
  });

  it('is refused with every gate that a function cannot run to its end', () => {
    const document = {
      items: [
        { name: 'a', gates: [gate(841)] },
        { name: 'b', gates: [gate(1), gate(900)] },
      ],
      policy: { integration: { gates: [gate(1000)] } },
    };
    expect(problemsOf(document)).toEqual([
      ['gate-too-long', 'items[0].gates[0].timeoutSeconds'],
      ['gate-too-long', 'items[1].gates[1].timeoutSeconds'],
      ['gate-too-long', 'policy.integration.gates[0].timeoutSeconds'],
    ]);
  });

  it('names a gate of the plan once, however many items have it', () => {
    const document = { gates: [gate(900)], items: [{ name: 'a' }, { name: 'b' }] };
    expect(problemsOf(document)).toHaveLength(1);
  });

  it('is refused when it has more items than a run can have', () => {
    const items = Array.from({ length: MAX_ITEMS + 1 }, (_, k) => ({ name: `i${k}` }));
    const small = plan({ gates: [gate(1)], items: [{ name: 'a' }] });
    const many = { ...small, items: items.map(({ name }) => ({ ...small.items[0]!, name, branch: name })) };
    expect(() => checkAwsPlan(many)).toThrow('at most 50000');
  });
});
