import { SAID_BY, sharePasses } from '../../lib/engine/shared-passes';
import { MemoryStore } from '../../lib/performance/memory-store';
import type { Gate } from '../../lib/plan/plan';

const gate: Gate = {
  name: 'test',
  run: 'make test',
  cwd: '.',
  env: { A: '1' },
  timeoutSeconds: 60,
  runtime: 'container',
  image: `ghcr.io/a/tools@sha256:${'0'.repeat(64)}`,
  artifacts: [],
  cache: 'tree',
};
const tested = { tree: 't1' };
const pass = { durationMs: 5 };
const policy = { cacheTTLSeconds: 60, enableCaching: true };

describe('shared passes', () => {
  const store = new MemoryStore();
  const stack = sharePasses(store, policy, { tellAs: 'stack' });
  const laptop = sharePasses(store, policy, { believe: 'stack', tellAs: 'others' });
  afterEach(() => store.clear());

  it('of a stack are believed by others, for the same gate, tree and architecture', async () => {
    await stack.tell(gate, tested, pass);
    expect(await laptop.find({ ...gate }, { ...tested })).toEqual(pass);
    expect(await laptop.find(gate, { tree: 't2' })).toBeUndefined();
    const changes: Partial<Gate>[] = [
      { run: 'make' },
      { env: { A: '2' } },
      { timeoutSeconds: 61 },
      { image: `ghcr.io/a/tools@sha256:${'1'.repeat(64)}` },
    ];
    for (const change of changes) expect(await laptop.find({ ...gate, ...change }, tested)).toBeUndefined();
    const other = sharePasses(store, policy, { believe: 'stack', architecture: 'other' });
    expect(await other.find(gate, tested)).toBeUndefined();
  });

  it.each<[string, Partial<Gate>]>([
    ['runs on the machine', { runtime: 'local', image: undefined }],
    ['runs elsewhere', { runtime: 'ci-service', image: undefined }],
    ['names its image by a tag', { image: 'ghcr.io/a/tools:1' }],
    ['names half a digest', { image: 'ghcr.io/a/tools@sha256:0123' }],
    ['may depend on the commit', { cache: 'commit' }],
    ['is not remembered', { cache: 'off' }],
    ['leaves files', { artifacts: ['out'] }],
    ['is in quarantine', { flaky: 'quarantine' }],
  ])('are none of a gate that %s', async (_, change) => {
    const given = { ...gate, ...change };
    await stack.tell(given, tested, pass);
    expect(store.size()).toBe(0);
    expect(await laptop.find(given, tested)).toBeUndefined();
  });

  it('of others are believed by who was told to, and by nobody else', async () => {
    await laptop.tell(gate, tested, pass);
    expect([store.size(SAID_BY.others), store.size(SAID_BY.stack)]).toEqual([1, 0]);
    const trusting = sharePasses(store, policy, { tellAs: 'stack', believe: 'others' });
    expect(await stack.find(gate, tested)).toBeUndefined();
    expect(await laptop.find(gate, tested)).toBeUndefined();
    expect(await trusting.find(gate, tested)).toEqual(pass);
  });

  it('that are no passes, or cannot be asked for, are none', async () => {
    await stack.tell(gate, tested, 'passed' as never);
    await stack.tell(gate, tested, pass);
    const [[, key]] = [...(store as unknown as { slots: Map<string, unknown> }).slots.keys()].map((id) =>
      JSON.parse(id),
    ) as [[string, string]];
    for (const json of ['null', '5', '{}', '[1]', '{"durationMs":"1"}', '{']) {
      await store.set(SAID_BY.stack, key, { json, writtenAt: Date.now(), expiresAt: 4e12 });
      expect(await laptop.find(gate, tested)).toBeUndefined();
    }
    const errors: unknown[] = [];
    const lost = async () => {
      throw new Error('lost');
    };
    const far = { ...new MemoryStore(), get: lost, set: lost, delete: lost, clear: lost, size: () => 0 };
    const unlucky = sharePasses(far, policy, {
      believe: 'stack',
      tellAs: 'others',
      onError: (error) => errors.push(error),
    });
    expect(await unlucky.find(gate, tested)).toBeUndefined();
    await unlucky.tell(gate, tested, pass);
    expect(errors.map(String)).toEqual(['Error: lost', 'Error: lost']);
  });

  it('are not exchanged where nothing is to be remembered', async () => {
    const off = sharePasses(
      store,
      { ...policy, enableCaching: false },
      { believe: 'stack', tellAs: 'stack' },
    );
    await off.tell(gate, tested, pass);
    await stack.tell(gate, tested, pass);
    expect(store.size()).toBe(1);
    expect(await off.find(gate, tested)).toBeUndefined();
  });
});
