import { availableParallelism } from 'node:os';
import { loadPlan } from '../../lib/plan/load';
import { PERFORMANCE_DEFAULTS, presetFor } from '../../lib/plan/presets';

const load = (policy: Record<string, unknown>, items = 1) =>
  loadPlan(
    JSON.stringify({
      schemaVersion: 'v1',
      target: 'main',
      policy,
      gates: [{ name: 'test', run: 'true' }],
      items: Array.from({ length: items }, (_, item) => ({ name: `i${item}` })),
    }),
    { file: 'plan.json', cwd: '/', defaultRepository: '/' },
  ).policy;

describe('a preset', () => {
  it.each([
    ['small', 2, 10, 512, 3600],
    ['medium', 4, 25, 1024, 3600],
    ['large', 8, 50, 2048, 3600],
    ['very-large', 16, 100, 4096, 7200],
  ])(
    '%s has the numbers of the specification',
    (preset, maxWorkers, batchSize, maxMemoryMB, cacheTTLSeconds) => {
      expect(load({ preset })).toMatchObject({
        maxWorkers,
        performance: { ...PERFORMANCE_DEFAULTS, batchSize, maxMemoryMB, cacheTTLSeconds },
      });
    },
  );

  it.each([
    [0, 'small'],
    [19, 'small'],
    [20, 'medium'],
    [49, 'medium'],
    [50, 'large'],
    [99, 'large'],
    [100, 'very-large'],
    [5000, 'very-large'],
  ] as const)('auto is, for %i items, %s', (items, name) => {
    expect(presetFor('auto', items)).toEqual(presetFor(name, 0));
    expect(load({ preset: 'auto' }, items)).toEqual(load({ preset: name }, items));
  });

  it('gives way to each field that is given beside it', () => {
    const policy = load({
      preset: 'large',
      maxWorkers: 3,
      performance: { batchSize: 7, enableCaching: false },
    });
    expect(policy.maxWorkers).toBe(3);
    expect(policy.performance).toEqual({
      ...PERFORMANCE_DEFAULTS,
      maxMemoryMB: 2048,
      batchSize: 7,
      enableCaching: false,
    });
  });

  it('gives way to workers that follow the load, too', () => {
    expect(load({ preset: 'large', maxWorkers: 'auto' }).maxWorkers).toBe('auto');
  });

  it('is not needed: then the defaults of the specification hold', () => {
    expect(load({})).toMatchObject({ maxWorkers: availableParallelism(), performance: PERFORMANCE_DEFAULTS });
  });
});
