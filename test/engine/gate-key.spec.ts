import { gateKey, localToolchains } from '../../lib/engine/gate-key';
import type { Gate } from '../../lib/plan/plan';

const gate: Gate = {
  name: 'test',
  run: 'make test',
  cwd: '.',
  env: { A: '1', B: '2' },
  timeoutSeconds: 60,
  runtime: 'local',
  artifacts: ['out/*'],
  cache: 'tree',
};
const tested = { commit: 'c1', tree: 't1' };
const tools = { local: 'tools', container: 'engine' };
const key = (change: Partial<Gate> = {}, on = tested, toolchains = tools) =>
  gateKey({ ...gate, ...change }, on, toolchains);

describe('gateKey', () => {
  it('is the same for the same gate on the same content', () => {
    expect(key()).toMatch(/^[0-9a-f]{64}$/);
    expect(key({ env: { B: '2', A: '1' } })).toBe(key());
  });

  it.each<[string, Partial<Gate>]>([
    ['name', { name: 'lint' }],
    ['command', { run: 'make check' }],
    ['folder', { cwd: 'web' }],
    ['environment: a value', { env: { A: '1', B: '3' } }],
    ['environment: a variable less', { env: { A: '1' } }],
    ['environment: names and values shifted', { env: { A: '1B', '': '2' } }],
    ['time limit', { timeoutSeconds: 61 }],
    ['artifacts', { artifacts: [] }],
    ['kind of cache', { cache: 'commit' }],
    ['runtime', { runtime: 'container', image: 'node:24' }],
  ])('changes with its %s', (_, change) => {
    expect(key(change)).not.toBe(key());
  });

  it('is none for a gate in quarantine', () => expect(key({ flaky: 'quarantine' })).toBeUndefined());

  it('changes with the image', () => {
    const inContainer = (image: string) => key({ runtime: 'container', image });
    expect(inContainer('node:24')).toBe(inContainer('node:24'));
    expect(inContainer('node:24')).not.toBe(inContainer('node:22'));
  });

  it('changes with the tools of its runtime, and not with those of another', () => {
    const container = { runtime: 'container', image: 'node:24' } as const;
    const [otherTools, otherEngine] = [
      { ...tools, local: 'other tools' },
      { ...tools, container: 'other engine' },
    ];
    expect(key({}, tested, otherTools)).not.toBe(key());
    expect(key({}, tested, otherEngine)).toBe(key());
    expect(key(container, tested, otherEngine)).not.toBe(key(container));
    expect(key(container, tested, otherTools)).toBe(key(container));
  });

  it('depends on the tree alone with cache: tree, on the commit alone with cache: commit', () => {
    const otherCommit = { ...tested, commit: 'c2' };
    const otherTree = { ...tested, tree: 't2' };
    expect(key({}, otherCommit)).toBe(key());
    expect(key({}, otherTree)).not.toBe(key());
    expect(key({ cache: 'commit' }, otherTree)).toBe(key({ cache: 'commit' }));
    expect(key({ cache: 'commit' }, otherCommit)).not.toBe(key({ cache: 'commit' }));
  });

  it('does not take a tree for a commit of the same id', () => {
    const same = { commit: 'x', tree: 'x' };
    expect(key({ cache: 'commit' }, same)).not.toBe(key({ cache: 'tree' }, same));
  });

  it('is none with cache: off', () => {
    expect(key({ cache: 'off' })).toBeUndefined();
  });
});

describe('localToolchains', () => {
  const { PATH, LC_ALL } = process.env;
  const before = localToolchains('git version 2.39.5');
  afterEach(() => {
    Object.assign(process.env, { PATH, LC_ALL });
    if (LC_ALL === undefined) delete process.env.LC_ALL;
    delete process.env.UNSEEN;
  });

  it('changes with the version of git', () => {
    expect(localToolchains('git version 2.39.5')).toEqual(before);
    const after = localToolchains('git version 2.40.0');
    expect(after.local).not.toBe(before.local);
    expect(after.container).not.toBe(before.container);
  });

  it.each(['PATH', 'LC_ALL'])('changes with %s, which gates inherit, but for those in containers', (name) => {
    process.env[name] = `${PATH}:/elsewhere`;
    const after = localToolchains('git version 2.39.5');
    expect(after.local).not.toBe(before.local);
    expect(after.container).toBe(before.container);
  });

  it('does not change with what gates do not see', () => {
    process.env.UNSEEN = '1';
    expect(localToolchains('git version 2.39.5')).toEqual(before);
  });
});
