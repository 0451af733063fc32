import type { Report, ReportItem } from '../../lib/report/report';
import { whyOf } from '../../lib/report/why';
import { blocked, failed, gate, item, report } from './sample';

/** What is said of an item of a report. */
function why(items: readonly ReportItem[], name: string, given: Partial<Report> = {}) {
  const all = report(items, given);
  const named = new Map(items.map((one) => [one.name, one]));
  return whyOf(all, named.get(name)!, named, (log) => `/out/${log}`);
}

describe('why an item', () => {
  it('was merged: with what, after what, and what was unusual about it', () => {
    const gates = [
      gate({ name: 'test', cached: true }),
      gate({ name: 'lint', flaky: true, attempts: 2 }),
      gate({ name: 'e2e', status: 'fail', blocking: false, required: false }),
      gate({ name: 'ui', status: 'fail', blocking: false, required: false, quarantined: true }),
      gate({ name: 'load', status: 'timeout', blocking: false, required: false }),
    ];
    expect(why([item('a'), item('b', { deps: ['a'], gates })], 'b').sentences).toEqual([
      `b was merged into main as ${'c'.repeat(10)}: test, lint passed (1 from the cache).`,
      'What it depends on was merged before it: a.',
      'lint passed only at attempt 2.',
      'e2e failed, but is optional and blocks nothing.',
      'ui failed, but is in quarantine and blocks nothing.',
      'load timed out, but is optional and blocks nothing.',
    ]);
  });

  it('was merged, and which of its gates ran anew for what', () => {
    const changed = { cacheMiss: ['content-changed' as const] };
    const gates = [gate(changed), gate({ name: 'lint', cached: true }), gate({ name: 'e2e', ...changed })];
    const merged = item('a', { gates });
    expect(whyOf(report([merged]), merged, new Map()).sentences).toContain(
      'test, e2e ran because what they test has changed since they last passed.',
    );
  });

  it('would be merged, has passed, or is there already', () => {
    expect(why([item('a')], 'a', { dryRun: true }).sentences[0]).toMatch(/^a would be merged into main/);
    expect(why([item('a')], 'a', { gatesOnly: true }).sentences[0]).toMatch(/^a has passed its gates/);
    const there = item('a', { reason: 'nothing to do: main holds this change already', mergeCommit: null });
    expect(why([there], 'a').sentences).toEqual([
      'a is on main without a commit of its own: nothing to do: main holds this change already.',
    ]);
  });

  it('failed by a gate: which one, its log, what to do', () => {
    const bad = gate({ status: 'fail', exitCode: 2, log: 'logs/a/test.log' });
    const a = failed('a', 'gate-failed: test exited with 2, see logs/a/test.log', { gates: [bad] });
    expect(why([a], 'a')).toEqual({
      sentences: [
        'a was not merged into main: gate-failed: test exited with 2, see logs/a/test.log.',
        'What to do: read /out/logs/a/test.log, fix it on a, then run again.',
      ],
      gate: bad,
    });
  });

  it('failed by a gate that printed nothing: what to run, as there is nothing to read', () => {
    const a = failed('a', 'gate-failed: test exited with 1, without output', {
      gates: [gate({ status: 'fail', exitCode: 1, log: null })],
    });
    expect(why([a], 'a').sentences.at(-1)).toBe(
      'What to do: run test by hand, since it prints nothing, fix it on a, then run again.',
    );
  });

  it('was blocked: the whole chain, and what became of its end', () => {
    const bad = gate({ status: 'timeout', exitCode: null });
    const a = failed('a', 'gate-failed: test timed out after 5 s', { gates: [bad] });
    const told = why([a, blocked(['b', 'a']), blocked(['c', 'b', 'a'])], 'c');
    expect(told.sentences).toEqual([
      'c was not merged into main: it depends on b, which depends on a, and a failed: gate-failed: test timed out after 5 s.',
      'What to do: read /out/logs/x/test.log, make test faster or raise its timeoutSeconds, then run again.',
      'Then c can be merged as well.',
    ]);
    expect(told.gate).toBe(bad);
  });

  it('breaks the weave: with whom, and where that was seen', () => {
    const seen = gate({ status: 'fail', log: 'logs/integration@2.1/test.1.log' });
    const eviction = { gate: seen, passesWith: 'b', clashesWith: ['a'] };
    const c = failed('c', 'integration-failed: test exited with 1 on the weave with it', { eviction });
    const told = why([item('a'), item('b'), c], 'c');
    expect(told.gate).toBe(seen);
    expect(told.sentences).toContain('Together with a it fails, without it it passes.');
    expect(told.sentences.at(-1)).toMatch(/^What to do: read .*, fix c together with a, then run again\.$/);
  });

  it('breaks the weave with a gate that somebody has answered for: it is not said to have passed', () => {
    const override = { user: 'ann', reason: 'the farm is down', by: 'root', at: 0 };
    const gates = [gate({ status: 'fail', override } as never), gate({ name: 'lint' })];
    const eviction = { gate: gate({ status: 'fail' }), passesWith: null, clashesWith: [] };
    const a = failed('a', 'integration-failed: test exited with 1', { gates, eviction });
    const { sentences } = why([a], 'a');
    expect(sentences[1]).toBe(
      'Its test is overridden, but the verification of the woven result asks for test too; without a, the target alone passes.',
    );
    expect(sentences[2]).toMatch(/fix test on a, or .*policy\.integration\.gates/);
    expect(sentences.join()).not.toContain('together');
    const other = failed('a', a.reason!, {
      gates,
      eviction: { ...eviction, gate: gate({ name: 'lint', status: 'fail' }) },
    });
    expect(why([other], 'a').sentences[1]).toBe(
      'Its own gates passed, or somebody answered for them (test); lint fails once it is woven with the others, and passes on the target alone.',
    );
  });

  it('was blocked, and its own gate failed as well: it is not promised to merge', () => {
    const a = failed('a', 'gate-failed: test exited with 1', { gates: [gate({ status: 'fail' })] });
    const told = (status: 'fail' | 'timeout', log: string | null) =>
      why([a, { ...blocked(['b', 'a']), gates: [gate({ name: 'e2e', status, log })] }], 'b').sentences.at(-1);
    expect(told('fail', 'logs/b/e2e.log')).toBe(
      'Then b is tried again: its own e2e failed as well, see /out/logs/b/e2e.log.',
    );
    expect(told('timeout', null)).toBe('Then b is tried again: its own e2e timed out as well.');
  });

  it('was skipped since another one failed: what to do', () => {
    const skipped = item('a', { status: 'skipped', reason: 'fail-fast: b failed', mergeCommit: null });
    expect(why([skipped], 'a').sentences).toEqual([
      'a was not merged into main: fail-fast: b failed.',
      'What to do: mend or leave out what failed, then run again.',
    ]);
  });

  it('would be merged, or has passed, after what it depends on', () => {
    const items = [item('a'), item('b', { deps: ['a'] })];
    expect(why(items, 'b', { dryRun: true }).sentences[1]).toBe(
      'What it depends on would be merged before it: a.',
    );
    expect(why(items, 'b', { gatesOnly: true }).sentences[1]).toBe(
      'What it depends on has passed before it: a.',
    );
  });

  it('was cancelled: by whom, and why', () => {
    const gone = item('a', { status: 'cancelled', reason: 'cancelled: by me: the wrong branch' });
    expect(why([gone], 'a').sentences).toEqual([
      'a was not merged into main: cancelled: by me: the wrong branch.',
    ]);
  });
});
