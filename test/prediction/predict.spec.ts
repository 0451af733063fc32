import { loadPlan } from '../../lib/plan/load';
import { orderPlan } from '../../lib/plan/order';
import { createForecasts, expectedLengths } from '../../lib/prediction/forecast';
import { predictRun } from '../../lib/prediction/prediction';
import type { Window } from '../../lib/prediction/window';
import { createWorkload } from '../../lib/run/workload';

interface Known {
  /** By `gate item`, and by gate. */
  readonly own?: Readonly<Record<string, Window>>;
  readonly named?: Readonly<Record<string, Window>>;
  readonly workers?: number;
}

function predict(plan: Readonly<Record<string, unknown>>, { own = {}, named = {}, workers = 2 }: Known) {
  const text = JSON.stringify({ schemaVersion: 'v1', target: 'main', ...plan });
  const { items, policy } = loadPlan(text, { file: 'plan.json', cwd: '/', defaultRepository: '/' });
  const ordered = orderPlan({ items });
  const forecasts = createForecasts((gate, item) => own[`${gate} ${item}`], new Map(Object.entries(named)));
  const run = { execute: true, gatesOnly: false, engine: 'local' } as const;
  const load = createWorkload(ordered, policy, run, expectedLengths(forecasts));
  return predictRun(load, ordered, policy.performance, forecasts, workers);
}

const gates = [{ name: 'test', run: 'true' }];
const pyramid = { gates, items: [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c', deps: ['a'] }] };
const seconds = (...of: number[]) => of.map((each) => each * 1000);

describe('the prediction of a run', () => {
  it('is the schedule of its gates, with verification, above its bound', () => {
    const own = { 'test a': seconds(10, 10), 'test b': seconds(20, 20), 'test c': seconds(5, 5) };
    const found = predict(pyramid, { own, named: { test: seconds(8, 10, 12) }, workers: 1 });
    expect(found).toMatchObject({
      maxWorkers: 1,
      criticalPath: {
        gates: [
          { item: 'a', gate: 'test', seconds: 10, spreadSeconds: 0 },
          { item: 'b', gate: 'test', seconds: 20, spreadSeconds: 0 },
          { item: null, gate: 'test', seconds: 10 },
        ],
      },
      withoutHistory: [{ item: null, gate: 'test', predictedFrom: 'gate' }],
    });
    // 35 s of items, and verification.
    expect(found.makespanSeconds).toBe(45);
    expect(found.likelySeconds).toEqual([43, 47]);
    expect(found.workSeconds).toBe(45);
    expect(found.boundSeconds).toBe(45);
    expect(found.criticalPath.seconds).toBe(40);
    expect(found.criticalPath.spreadSeconds).toBeCloseTo(1.4826 * 2, 6);
  });

  it('has no verification where the last item stands on all others and its gates may be cached', () => {
    const stack = { gates, items: [{ name: 'a' }, { name: 'b', deps: ['a'] }] };
    const named = { test: seconds(10) };
    const path = (plan: object) => predict({ ...stack, ...plan }, { named }).criticalPath.gates.length;
    expect(path({})).toBe(2);
    expect(path({ policy: { performance: { enableCaching: false } } })).toBe(3);
    expect(path({ gates: [{ ...gates[0], cache: 'off' }] })).toBe(3);
    expect(path({ policy: { integration: { gates: [{ name: 'test', run: 'false' }] } } })).toBe(3);
    expect(predict(stack, { named }).makespanSeconds).toBe(20);
  });

  it('is made of gates of the same name, else of all, where a gate has not run', () => {
    const plan = {
      ...pyramid,
      items: [...pyramid.items, { name: 'd', gates: [{ name: 'lint', run: 'true' }] }],
      policy: { integration: 'none' },
    };
    const found = predict(plan, { own: { 'test a': seconds(1) }, named: { test: seconds(3) }, workers: 9 });
    expect(found.withoutHistory).toEqual([
      { item: 'b', gate: 'test', predictedFrom: 'gate' },
      { item: 'c', gate: 'test', predictedFrom: 'gate' },
      { item: 'd', gate: 'lint', predictedFrom: 'all' },
    ]);
    expect(found).toMatchObject({ makespanSeconds: 4, likelySeconds: [4, 4], workSeconds: 10 });
    expect(found.criticalPath.spreadSeconds).toBeNull();
  });

  it('is nothing where nothing is known, and nothing to do takes no time', () => {
    expect(predict(pyramid, {})).toEqual({
      maxWorkers: 2,
      makespanSeconds: null,
      likelySeconds: null,
      boundSeconds: null,
      workSeconds: null,
      criticalPath: {
        seconds: null,
        spreadSeconds: null,
        gates: ['a', 'b', null].map((item) => ({ item, gate: 'test', seconds: null, spreadSeconds: null })),
      },
      withoutHistory: ['a', 'b', 'c', null].map((item) => ({ item, gate: 'test', predictedFrom: null })),
    });
    expect(predict({ items: [] }, {})).toMatchObject({ makespanSeconds: 0, boundSeconds: 0 });
  });

  it('takes gates to run ahead of dependencies where the policy lets them', () => {
    const plan = { ...pyramid, policy: { integration: 'none', speculation: 'deps' } };
    const found = predict(plan, { named: { test: seconds(10) }, workers: 3 });
    expect(found).toMatchObject({ makespanSeconds: 10, boundSeconds: 10, criticalPath: { seconds: 10 } });
  });
});
