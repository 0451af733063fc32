import { availableParallelism } from 'node:os';
import { load, plan, problemsOf } from './plans';

const GATE = {
  name: 'test',
  run: 'true',
  cwd: '.',
  env: {},
  timeoutSeconds: 600,
  runtime: 'local',
  artifacts: [],
  cache: 'tree',
};

describe('loadPlan', () => {
  it('fills in every default', () => {
    expect(load(plan({ items: [{ name: 'a' }] }))).toEqual({
      repository: '/here',
      target: 'main',
      items: [
        {
          name: 'a',
          branch: 'a',
          branchGiven: false,
          sha: undefined,
          deps: [],
          priority: 0,
          hotfix: false,
          gates: [{ gate: GATE, required: true, blocking: true }],
        },
      ],
      policy: {
        maxWorkers: availableParallelism(),
        mergeStrategy: 'merge',
        failFast: false,
        freeze: [],
        speculation: 'off',
        overrides: { adminGreen: [] },
        integration: { kind: 'gates', gates: undefined, maxRetries: 3, maxProbes: 64, maxClashProbes: 2 },
        retries: new Map(),
        performance: {
          maxMemoryMB: undefined,
          batchSize: 50,
          cacheTTLSeconds: 3600,
          enableCaching: true,
          throttleOnMemory: true,
          memoryThresholdPercent: 80,
          throttleOnCpu: false,
          cpuThresholdPercent: 80,
          throttleOnIo: false,
          ioThresholdPercent: 60,
        },
      },
    });
  });

  it('keeps every field that a plan gives', () => {
    const sha = 'ABCDEF0123'.repeat(4);
    const gate = {
      name: 'unit tests',
      run: 'make "$X"',
      cwd: 'packages/a',
      env: { X: '1', constructor: 'c' },
      timeoutSeconds: 1.5,
      runtime: 'local',
      artifacts: ['out/**'],
      cache: 'commit',
    };
    const performance = {
      maxMemoryMB: 512,
      batchSize: 1,
      cacheTTLSeconds: 1,
      enableCaching: false,
      throttleOnMemory: false,
      memoryThresholdPercent: 100,
    };
    const loaded = load(
      plan({
        schemaVersion: '1.2.3',
        target: 'release/1',
        items: [
          { name: 'b', deps: ['a'] },
          { name: 'a', branch: '-x', sha, gates: [gate] },
        ],
        policy: {
          maxWorkers: 3,
          mergeStrategy: 'rebase',
          mergeRule: { type: 'strict-required' },
          retries: { 'unit tests': { maxAttempts: 2, backoffSeconds: 0.5 }, test: {} },
          performance,
        },
      }),
    );
    expect(loaded.target).toBe('release/1');
    expect(loaded.items[0]!.deps).toEqual(['a']);
    expect(loaded.items[1]).toMatchObject({ branch: '-x', branchGiven: true, sha: sha.toLowerCase() });
    expect(loaded.items[1]!.gates.map((g) => g.gate)).toEqual([gate]);
    expect(loaded.policy).toMatchObject({ maxWorkers: 3, mergeStrategy: 'rebase', performance });
    expect([...loaded.policy.retries]).toEqual([
      ['unit tests', { maxAttempts: 2, backoffSeconds: 0.5 }],
      ['test', { maxAttempts: 1, backoffSeconds: 0 }],
    ]);
  });

  it('reads YAML as it reads the same plan in JSON', () => {
    const yaml = [
      '# a comment',
      'schemaVersion: v1',
      'target: main',
      'gates: [{name: test, run: "true"}]',
      'items:',
      '  - name: a',
      '  - {name: b, deps: [a]}',
    ];
    const json = plan({ items: [{ name: 'a' }, { name: 'b', deps: ['a'] }] });
    expect(load(yaml.join('\n'))).toEqual(load(json));
    expect(load(yaml.join('\r\n'))).toEqual(load(json));
    expect(load(`\ufeff${json}`)).toEqual(load(json));
  });

  it('accepts a plan without items, whatever gates its policy names', () => {
    expect(load('schemaVersion: v1\ntarget: main\nitems: []').items).toEqual([]);
    expect(load(plan({ items: [], policy: { requiredGates: ['elsewhere'] } })).items).toEqual([]);
  });

  it.each([
    'a b',
    "it's",
    '"x"',
    'größe',
    '-rf',
    '../../x',
    '日本語',
    '->',
    'a'.repeat(255),
    '💥'.repeat(255),
  ])('accepts %j as a name of items and gates', (name) => {
    const gates = [{ name, run: 'true' }];
    const policy = { requiredGates: [name], retries: { [name]: { maxAttempts: 2 } } };
    const loaded = load(plan({ items: [{ name, branch: 'x', gates }], policy }));
    expect(loaded.items[0]).toMatchObject({ name, gates: [{ gate: { name }, required: true }] });
    expect(loaded.policy.retries.get(name)!.maxAttempts).toBe(2);
  });

  it.each(['', 'a\n', 'a\tb', '\u007f', '\u0085', '\ud800', 'a'.repeat(256)])(
    'refuses %j as a name',
    (name) => {
      expect(problemsOf(plan({ items: [{ name, branch: 'x' }] }))).toMatchObject([
        { code: 'invalid-value', path: 'items[0].name' },
      ]);
    },
  );

  it('replaces the gates of the plan by those of an item, without merging them', () => {
    const own = [{ name: 'lint', run: 'lint' }];
    const { items } = load(plan({ items: [{ name: 'a', gates: own }, { name: 'b' }] }));
    expect(items.map((i) => i.gates.map((g) => g.gate.name))).toEqual([['lint'], ['test']]);
  });

  it('resolves a path from the folder of the plan and keeps a URL', () => {
    const at = (repository: string) => load(plan({ repository, items: [] })).repository;
    expect(at('.')).toBe('/plans');
    expect(at('../x:y/z')).toBe('/x:y/z');
    expect(at('-x:y')).toBe('/plans/-x:y');
    expect(at('/absolute')).toBe('/absolute');
    for (const url of ['https://host/x.git', 'file:///x', 'git@host:x/y.git', 'host:x'])
      expect(at(url)).toBe(url);
    expect(problemsOf(plan({ repository: 'ext::sh -c date', items: [] }))).toHaveLength(1);
  });

  it('takes integration gates by name from the plan, by definition, or not at all', () => {
    const integrationOf = (integration: unknown) =>
      load(plan({ items: [{ name: 'a' }], policy: { integration } })).policy.integration;
    expect(integrationOf('none')).toEqual({ kind: 'none' });
    expect(integrationOf({ maxRetries: 0 })).toEqual({
      kind: 'gates',
      gates: undefined,
      maxRetries: 0,
      maxProbes: 64,
      maxClashProbes: 2,
    });
    expect(integrationOf({ gates: ['test', { name: 'e2e', run: 'true' }] })).toEqual({
      kind: 'gates',
      gates: [GATE, { ...GATE, name: 'e2e' }],
      maxRetries: 3,
      maxProbes: 64,
      maxClashProbes: 2,
    });
  });

  it('follows aliases', () => {
    const items = Array.from({ length: 300 }, (_, i) => `  - {name: i${i}, gates: *g}`).join('\n');
    const loaded = load(`schemaVersion: v1\ntarget: main\ngates: &g [{name: t, run: x}]\nitems:\n${items}`);
    expect(loaded.items[299]!.gates[0]!.gate).toMatchObject({ name: 't', run: 'x' });
  });
});

describe('required and blocking gates', () => {
  const rolesOf = (policy: object) => {
    const gates = ['a', 'b', 'c'].map((name) => ({ name, run: 'true' }));
    const [first] = load(plan({ gates, items: [{ name: 'x' }], policy })).items;
    return first!.gates.map(
      (g) => `${g.gate.name}${g.required ? ' required' : ''}${g.blocking ? ' blocking' : ''}`,
    );
  };

  it('are all gates by default', () => {
    expect(rolesOf({})).toEqual(['a required blocking', 'b required blocking', 'c required blocking']);
  });
  it('are those that requiredGates names, where it is given', () => {
    expect(rolesOf({ requiredGates: ['b'] })).toEqual(['a', 'b required blocking', 'c']);
  });
  it('are not those in optionalGates', () => {
    expect(rolesOf({ optionalGates: ['a', 'c'], requiredGates: ['b', 'c'] })).toEqual([
      'a',
      'b required blocking',
      'c',
    ]);
  });
  it('block without being required where blockOn names them', () => {
    expect(rolesOf({ optionalGates: ['a', 'b'], blockOn: ['b'] })).toEqual([
      'a',
      'b blocking',
      'c required blocking',
    ]);
  });
});
