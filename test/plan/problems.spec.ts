import { plan, problemsOf, summaryOf } from './plans';

describe('a document with problems', () => {
  it('is refused with all of them, each with its place, code and hint', () => {
    const text = `schemaVersion: 1
targt: main
gates:
  - {name: test, run: "true", runtime: elsewhere, env: {GIT_DIR: x, PORT: 80}}
  - {name: test, run: ' '}
policy:
  mergeStrategy: squas
  requiredGates: [tset]
  retries: {foo: {maxAttempts: 0}}
  integration: {gates: [tests, {name: a}]}
  priority: 1
items:
  - name: a
    deps: [b, nobody]
  - name: b
    deps: [a]
    deps: [a, b]
  - name: "c c"
  - 5
  - name: a
    constructor: 1
`;
    expect(summaryOf(text)).toEqual([
      '1:1 target missing-field',
      '1:16 schemaVersion invalid-type',
      '2:1 targt unknown-key',
      '4:40 gates[0].runtime invalid-value',
      '4:57 gates[0].env.GIT_DIR invalid-key',
      '4:75 gates[0].env.PORT invalid-type',
      '5:12 gates[1].name duplicate-gate',
      '5:23 gates[1].run invalid-value',
      '7:18 policy.mergeStrategy invalid-value',
      '8:19 policy.requiredGates[0] unknown-gate',
      '9:13 policy.retries.foo unknown-gate',
      '9:32 policy.retries.foo.maxAttempts invalid-value',
      '10:25 policy.integration.gates[0] unknown-gate',
      '10:32 policy.integration.gates[1].run missing-field',
      '11:3 policy.priority unknown-key',
      '14:12 items[0].deps[0] cycle',
      '14:15 items[0].deps[1] unknown-dependency',
      '17:5 items[1].deps duplicate-key',
      '17:15 items[1].deps[1] self-dependency',
      '18:11 items[2].name invalid-branch',
      '19:5 items[3] invalid-type',
      '20:11 items[4].name duplicate-name',
      '21:5 items[4].constructor unknown-key',
    ]);
    for (const problem of problemsOf(text))
      expect(problem).toMatchObject({ file: 'plan.yaml', hint: expect.stringMatching(/./) });
  });

  it('has the same problems at the same places in YAML and in JSON', () => {
    const text = `{
  "schemaVersion": "v2", "target": "a..b",
  "items": [
    {"name": "a", "nam\\u0065": "b", "deps": ["\\"", "}", "x"]},
    {"name": true, "__proto__": {"x": [1, 2]}, "sha": "1"}
  ],
  "gates": [{"name": "g", "run": "x", "cwd": "/", "artifacts": ["ok", "a/../b"]}]
}`;
    expect(JSON.parse(text)).toBeInstanceOf(Object);
    expect(summaryOf(text)).toEqual([
      '2:20 schemaVersion invalid-value',
      '2:36 target invalid-value',
      '4:19 items[0].name duplicate-key',
      '4:46 items[0].deps[0] unknown-dependency',
      '4:52 items[0].deps[1] unknown-dependency',
      '4:57 items[0].deps[2] unknown-dependency',
      '5:14 items[1].name invalid-type',
      '5:20 items[1].__proto__ unknown-key',
      '5:55 items[1].sha invalid-value',
      '7:46 gates[0].cwd invalid-value',
      '7:71 gates[0].artifacts[1] invalid-value',
    ]);
    expect(summaryOf(`# not JSON\n${text}`)).toEqual(
      summaryOf(text).map((line) => line.replace(/^\d+/, (n) => String(Number(n) + 1))),
    );
  });

  it.each([
    ['targt: main', 'unknown-key', 'did you mean "target"?'],
    [
      plan({ items: [{ name: 'feature-a' }, { name: 'b', deps: ['feature_a'] }] }),
      'unknown-dependency',
      'did you mean "feature-a"?',
    ],
    [plan({ items: [{ name: 'a' }], policy: { blockOn: ['tets'] } }), 'unknown-gate', 'did you mean "test"?'],
    [
      plan({ items: [{ name: 'a' }], policy: { mergeStrategy: 'merg' } }),
      'invalid-value',
      'did you mean "merge"?',
    ],
    [plan({ items: [{ name: 'a' }], policy: { clairvoyance: true } }), 'unknown-key', /^known here: preset/],
    ['target: 5', 'invalid-type', 'put it in quotes'],
    ['items:', 'invalid-type', /remove the key/],
    [
      plan({ items: [{ name: 'a' }], policy: { integration: { gates: [] } } }),
      'invalid-value',
      /integration: none/,
    ],
  ])('%s gets a hint', (text, code, hint) => {
    const found = problemsOf(text).filter((problem) => problem.code === code);
    expect(found.map((problem) => problem.hint)).toContainEqual(
      typeof hint === 'string' ? hint : expect.stringMatching(hint),
    );
  });

  it('names a required gate that is misspelt once, and no item that lacks it for that', () => {
    const policy = { requiredGates: ['tests'] };
    expect(problemsOf(plan({ items: [{ name: 'a' }, { name: 'b' }], policy }))).toMatchObject([
      { code: 'unknown-gate', path: 'policy.requiredGates[0]', hint: 'did you mean "test"?' },
    ]);
    const bare = [{ name: 'a' }, { name: 'b', gates: [] }];
    expect(problemsOf(plan({ items: bare, policy })).map(({ code, path }) => `${code} ${path}`)).toEqual(
      expect.arrayContaining([
        'unknown-gate policy.requiredGates[0]',
        expect.stringMatching(/^ungated items\[1\]/),
      ]),
    );
  });

  it('names files to keep of a gate that runs elsewhere, wherever it stands', () => {
    const gate = { name: 'g', run: 'x', runtime: 'ci-service', artifacts: ['x'] };
    const items = [
      { name: 'a' },
      {
        name: 'b',
        gates: [
          { ...gate, artifacts: [] },
          { ...gate, name: 'h' },
        ],
      },
    ];
    const found = problemsOf(plan({ items, gates: [gate], policy: { integration: { gates: ['g', gate] } } }));
    expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'runtime-conflict gates[0].artifacts',
      'runtime-conflict items[1].gates[1].artifacts',
      'runtime-conflict policy.integration.gates[1].artifacts',
    ]);
  });

  it.each(['weight', 'clairvoyance'])('does not know %s', (key) => {
    const found = problemsOf(plan({ items: [{ name: 'a', [key]: 1 }], policy: { [key]: 1 }, [key]: 1 }));
    expect(found.map(({ code, path }) => `${code} ${path}`).sort()).toEqual(
      [`unknown-key ${key}`, `unknown-key items[0].${key}`, `unknown-key policy.${key}`].sort(),
    );
  });

  it.each([
    [{ maxWorkers: 0 }],
    [{ maxWorkers: 1.5 }],
    [{ maxWorkers: 'many' }],
    [{ maxWorkers: 10_001 }],
    [{ ungated: 'maybe' }],
    [{ mergeRule: { type: 'lenient' } }],
    [{ mergeRule: {} }],
    [{ integration: 'some' }],
    [{ integration: { maxRetries: -1 } }],
    [{ retries: { test: { maxAttempts: 0 } } }],
    [{ retries: { test: { backoffSeconds: -1 } } }],
    [{ performance: { maxMemoryMB: 0 } }],
    [{ performance: { batchSize: -1 } }],
    [{ performance: { cacheTTLSeconds: 0 } }],
    [{ performance: { memoryThresholdPercent: 0.5 } }],
    [{ performance: { memoryThresholdPercent: 101 } }],
    [{ performance: { enableCaching: 'yes' } }],
    [{ performance: { throttleOnCpu: 'yes' } }],
    [{ performance: { cpuThresholdPercent: 0 } }],
    [{ performance: { ioThresholdPercent: 100 } }],
  ])('refuses the policy %j', (policy) => {
    expect(problemsOf(plan({ items: [{ name: 'a' }], policy }))).toHaveLength(1);
  });

  it.each([
    [{ timeoutSeconds: 0 }],
    [{ timeoutSeconds: 3e6 }],
    [{ cwd: '..' }],
    [{ cwd: '/tmp' }],
    [{ cwd: 'a/../../b' }],
    [{ artifacts: ['../x'] }],
    [{ artifacts: ['/etc/passwd'] }],
    [{ env: { LEX_PR_ITEM: 'x' } }],
    [{ env: { 'A-B': 'x' } }],
    [{ env: { A: 'x\0' } }],
    [{ run: '' }],
    [{ cache: 'always' }],
    [{ runtime: 'cloud' }],
  ])('refuses the gate setting %j', (setting) => {
    expect(problemsOf(plan({ items: [], gates: [{ name: 'g', run: 'x', ...setting }] }))).toHaveLength(1);
  });
});

describe('gates and policy', () => {
  it('refuse an item that lacks a required gate, one problem for each', () => {
    const gates = [{ name: 'lint', run: 'x' }];
    const items = [{ name: 'a' }, { name: 'b', gates }, { name: 'c', gates: [] }];
    const found = problemsOf(plan({ items, policy: { requiredGates: ['test'] } }));
    expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'missing-gate items[1].gates',
      'missing-gate items[2].gates',
    ]);
  });

  it('refuse an item without any required gate, unless the policy allows that', () => {
    const items = [{ name: 'a' }, { name: 'b', gates: [] }];
    const optionalGates = ['test'];
    expect(problemsOf(plan({ items, policy: { optionalGates } })).map(({ path }) => path)).toEqual([
      'items[0]',
      'items[1].gates',
    ]);
    expect(problemsOf(plan({ items, policy: { optionalGates, ungated: 'allow' } }))).toEqual([]);
  });

  it('may name a gate that only some item or only the integration has', () => {
    const items = [{ name: 'a' }, { name: 'b', gates: [{ name: 'lint', run: 'x' }] }];
    const integration = { gates: [{ name: 'e2e', run: 'x' }] };
    const retries = { lint: {}, e2e: {}, test: {} };
    expect(problemsOf(plan({ items, policy: { blockOn: ['lint'], retries, integration } }))).toEqual([]);
    // All integration gates have to pass, so none of them can be optional.
    expect(problemsOf(plan({ items, policy: { optionalGates: ['e2e'], integration } }))).toHaveLength(1);
  });
});

describe('cycles', () => {
  const cyclesOf = (deps: Record<string, string[]>) =>
    problemsOf(plan({ items: Object.entries(deps).map(([name, d]) => ({ name, deps: d })) })).map(
      (p) => p.message,
    );

  it('are reported whole, in order, and nobody downstream', () => {
    expect(cyclesOf({ z: ['c'], a: ['b'], b: ['c', 'root'], c: ['a'], root: [], y: ['z', 'a'] })).toEqual([
      'dependency cycle: a → b → c → a',
    ]);
  });
  it('are reported once each', () => {
    expect(cyclesOf({ a: ['b'], b: ['a', 'a'], x: ['y', 'a'], y: ['x'], l: ['m'], m: ['y'] })).toEqual([
      'dependency cycle: a → b → a',
      'dependency cycle: x → y → x',
    ]);
  });
});

describe('syntax errors', () => {
  it.each([
    ['', 'empty', 1, 1],
    ['# nothing\n', 'empty', 1, 1],
    ['null', 'empty', 1, 1],
    ['- a', 'invalid-type', 1, 1],
    ['just text', 'invalid-type', 1, 1],
    ['target: main\nitems: [', 'syntax', 2, 9],
    ['a: 1\n---\nb: 2\n', 'syntax', 2, 1],
    ['a: !tag x', 'syntax', 1, 4],
    ['a: *nobody', 'syntax', 1, 4],
    ['a: &a [*a]', 'syntax', 1, 8],
    ['a: "\u0007"', 'syntax', 1, 5],
    ['{"a": 1,\n "b" 2}', 'syntax', 2, 6],
  ])('%j is refused at its place', (text, code, line, column) => {
    expect(problemsOf(text)[0]).toMatchObject({
      code,
      line,
      column,
      file: 'plan.yaml',
      hint: expect.stringMatching(/./),
    });
  });
  it('are reported all at once', () => {
    expect(problemsOf('a: @x\nb: `y\n').length).toBeGreaterThan(1);
  });
});
