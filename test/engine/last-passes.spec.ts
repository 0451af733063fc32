import { missReasons, openLastPasses } from '../../lib/engine/last-passes';
import { MemoryStore } from '../../lib/performance/memory-store';
import { PERFORMANCE_DEFAULTS } from '../../lib/plan/presets';

const parts = { content: 'tree', gate: 'definition', machine: 'linux' };

describe('why no pass is good enough', () => {
  it.each([
    [undefined, ['never-passed']],
    [{}, ['expired']],
    [{ content: 'other' }, ['content-changed']],
    [{ gate: 'other', machine: 'other' }, ['gate-changed', 'machine-changed']],
    [
      { machine: 'other', git: 'other', variables: '' },
      ['machine-changed', 'variables-changed', 'git-changed'],
    ],
  ] as const)('last was %j', (change, reasons) => {
    const now = { ...parts, system: 'linux', variables: 'PATH', git: '2' };
    expect(missReasons(change && { ...parts, ...change }, now)).toEqual(reasons);
  });

  it('is told by gate and item, in the same run and in the next', async () => {
    const store = new MemoryStore();
    const open = () => openLastPasses(PERFORMANCE_DEFAULTS, store);
    const first = open();
    first.note('test', 'a', parts);
    const now = { ...parts, content: 'other' };
    expect(await first.whyMissed('test', 'a', now)).toEqual(['content-changed']);
    first.note('test', null, parts);
    expect(await first.whyMissed('test', null, now)).toEqual(['earlier-weave']);
    expect(await first.whyMissed('test', null, { ...now, gate: 'other' })).toContain('content-changed');
    await first.save();
    expect(await open().whyMissed('test', 'a', now)).toEqual(['content-changed']);
    expect(await open().whyMissed('test', null, now)).toEqual(['content-changed']);
    expect(await open().whyMissed('lint', 'a', now)).toEqual(['never-passed']);
  });
});
