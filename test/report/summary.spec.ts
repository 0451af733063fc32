import fc from 'fast-check';
import type { Style } from '../../lib/cli/style';
import { plainStyle } from '../../lib/cli/style';
import type { Report } from '../../lib/report/report';
import { renderSummary } from '../../lib/report/summary';
import { blocked, executions, failed, fullReport, gate, HOSTILE, item, ran, report } from './sample';

const COST: NonNullable<Report['cost']> = {
  usd: 0.421,
  currency: 'USD',
  estimated: true,
  prices: 'us-east-1, 2026-01-02',
  parts: {
    gates: 0.399,
    builds: 0,
    functions: 0.001,
    workflow: 0.01,
    tables: 0.008,
    files: 0.003,
    monitoring: 0,
  },
};

const text = (of: ReturnType<typeof report>) => renderSummary(of, '/out', plainStyle).join('\n');

describe('renderSummary', () => {
  it('tells a small run in full: what failed, what waits for it, what merged', () => {
    const summary = text(fullReport());
    expect(summary).toMatch(/^Merged 2 of 6 items into main in 10s: 1{10} → 2{10}, 1 is there already\./);
    expect(summary).toMatch(/failed {3}api +gate-failed: test exited with 1/);
    expect(summary).toMatch(/blocked {2}app +waits for web → api/);
    expect(summary).toMatch(/merged {3}base/);
    expect(summary).toMatch(/there {4}old +nothing to do/);
    expect(summary).toContain(
      '6 ran, 1 from the cache, 2 failed, 1 failed and tried again, 1 flaky, 2 lanes 55 % busy',
    );
    expect(summary).toContain('warning: landed, but a work tree is not updated');
  });

  it('counts what failed in quarantine by itself', () => {
    const counts = executions({ ran: 2, failed: 1, quarantined: 1 });
    const told = text({ ...fullReport(), executions: counts });
    expect(told).toContain('2 ran, 1 failed in quarantine');
    expect(told).not.toContain('1 failed,');
  });

  it('lists what needs a person before what is merged', () => {
    const summary = text(fullReport());
    expect(summary.indexOf('failed   api')).toBeLessThan(summary.indexOf('blocked  web'));
    expect(summary.indexOf('blocked  web')).toBeLessThan(summary.indexOf('merged   base'));
  });

  it('ends with the next step for each failed item and where the files are', () => {
    const lines = renderSummary(fullReport(), '/out', plainStyle);
    expect(lines).toContain('  api: read /out/logs/api/test.log, fix it on api, then run again');
    expect(lines.slice(-3)).toEqual([
      'Report  /out/report.json',
      '        /out/report.md',
      'Logs    /out/logs',
    ]);
  });

  it.each([
    ['conflict: a.txt clash with x', 'merge the target'],
    ['head-moved: x moved', 'run again, with the new commits of x'],
    ['head-moved: the branch x was deleted during the run', 'bring x back, or leave it out of the plan'],
    ['head-moved: x names 1, the plan pins 2; plan again', 'x: plan again, with the new commits of x'],
    ['target-dirty: a.txt', 'commit, stash or remove'],
    ['target-moved: main moved 4 times', 'raise integration.maxRetries'],
    ['not-linearizable: x', 'mergeStrategy: merge'],
    ['integration-failed: test exited with 1', 'only fails together'],
    ['integration-failed: test exited with 1 on main as it is; mend that first', 'x: mend main, then run'],
    ['something-new: x', 'put right what the reason says'],
  ])('says what to do about %s', (reason, words) => {
    expect(text(report([failed('x', reason)], { status: 'failed' }))).toContain(words);
  });

  it('does not count as merged what the target held already', () => {
    const there = (name: string) =>
      item(name, { reason: 'nothing to do: main holds this change already', mergeCommit: null });
    const first = (items: Parameters<typeof report>[0], given = {}) =>
      text(report(items, given)).split('\n')[0];
    expect(first([item('a'), there('b'), there('c')])).toMatch(
      /^Merged 1 of 3 items .*, 2 are there already\.$/,
    );
    expect(first([there('a'), there('b')])).toBe('Nothing to do: main holds all 2 items already (10s).');
    const failing = [there('a'), failed('b', 'conflict: in x')];
    expect(first(failing, { dryRun: true })).toBe(
      'Dry run: none of 2 items would be merged into main, 1 is there already (10s).',
    );
    expect(first([item('a'), there('b')], { dryRun: true })).toMatch(
      /^Dry run: 1 of 2 items would be merged into main, 1 is there already; no ref/,
    );
  });

  it('tells of a miss as news only where an earlier run had passed', () => {
    const missed = (...cacheMiss: ('earlier-weave' | 'content-changed')[]) =>
      text(report([item('a', { gates: [gate({ cacheMiss }), gate({ cacheMiss })] })]));
    expect(missed('earlier-weave')).not.toContain('Cache');
    expect(missed('content-changed')).toContain(
      'Cache   2 gates ran because what they test has changed since they last passed',
    );
  });

  it('names whom a conflict is with', () => {
    const told = (conflictsWith: string[]) =>
      text(report([failed('x', 'conflict: in a', { conflictsWith })]));
    expect(told(['a'])).toContain('x: merge a into x (and add it as a dep), then run again');
    expect(told(['a', 'b'])).toContain('x: merge a, b into x (and add them as deps), then run again');
    expect(told([])).toContain('x: merge the target into x, then run again');
  });

  it('says once what to do where the target may be what fails, not to mend each branch', () => {
    const gates = [gate({ status: 'fail' })];
    const items = ['x', 'y'].map((name) => failed(name, 'gate-failed: test exited with 1', { gates }));
    const sharedFailure = { gate: 'test', command: 'git switch main && make test' };
    const told = text(report(items, { sharedFailure }));
    expect(told).toContain('x and 1 more: no item passes test, so main may fail it by itself');
    expect(told).toContain('`git switch main && make test`; if it fails, mend main first');
    expect(told).not.toContain('on x,');
  });

  it('says to raise the limit of a gate that timed out', () => {
    const gates = [ran(0, 0, 1, { status: 'timeout', log: 'logs/x/test.log' })];
    expect(text(report([failed('x', 'gate-failed: test timed out', { gates })]))).toContain('timeoutSeconds');
  });

  it('has a line for the cost where it is known: the largest parts, none of less than a hundredth', () => {
    expect(text(fullReport())).not.toContain('Cost');
    expect(text(report([item('a')], { cost: COST }))).toContain(
      'Cost    about $0.42: gates $0.40, workflow $0.01, tables $0.008 (list prices of us-east-1, 2026-01-02)',
    );
  });

  it('stays short for 300 items, folding what merged or has one cause', () => {
    const items = [
      ...Array.from({ length: 200 }, (_, i) => item(`m${i}`)),
      failed('root', 'gate-failed: test exited with 1', { gates: [gate({ status: 'fail' })] }),
      ...Array.from({ length: 99 }, (_, i) => blocked([`b${i}`, 'root'])),
    ];
    const lines = renderSummary(report(items, { status: 'partial' }), '/out', plainStyle);
    expect(lines.length).toBeLessThan(16);
    expect(lines.join('\n')).toMatch(/merged +200 items +m0, m1, m2, m3, m4 and 195 more/);
    expect(lines.join('\n')).toMatch(/blocked +99 items +behind root: b0, b1/);
  });

  it('stays readable for 300 items that each failed on their own', () => {
    const items = Array.from({ length: 300 }, (_, i) =>
      failed(`f${i}`, `gate-failed: test exited with ${i}`, {
        gates: [gate({ status: 'fail', log: `logs/f${i}/test.log` })],
      }),
    );
    const lines = renderSummary(report(items, { status: 'failed' }), '/out', plainStyle);
    expect(lines.length).toBeLessThan(60);
    expect(lines.join('\n')).toContain('280 more, see report.md');
  });

  it('says what a dry run would have merged', () => {
    expect(text(report([item('a')], { dryRun: true }))).toMatch(/^Dry run: .*would merge {2}a\n/s);
  });

  it('says that there was nothing to do, that all was there already, that it was cancelled', () => {
    expect(text(report([]))).toMatch(/^Nothing to do/);
    const same = { ref: 'refs/heads/main', before: 'a', after: 'a' };
    expect(text(report([item('a')], { target: same }))).toMatch(
      /^Nothing to land: main holds 1 item already/,
    );
    const cancelled = report([item('a', { status: 'cancelled', reason: 'cancelled: by you' })], {
      status: 'cancelled',
    });
    expect(text(cancelled)).toMatch(/^Cancelled after 10s: nothing of this run is on main/);
  });

  it('lets no control character through, whatever names and reasons hold', () => {
    const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(hostile, hostile, (name, reason) => {
        const hostileReport = report(
          [failed(name, reason, { branch: name }), blocked([`${name}2`, name]), item(`${name}3`)],
          { target: { ref: name, before: 'a', after: 'b' }, warnings: [reason] },
        );
        for (const line of renderSummary(hostileReport, `/out/${name}`, plainStyle))
          expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
      }),
    );
  });

  it('colours through the style it is given only', () => {
    const marked = new Proxy({} as Style, {
      get: (_, colour) => (t: string) => `<${String(colour)}>${t}</>`,
    });
    const lines = renderSummary(fullReport(), '/out', marked);
    expect(lines[0]).toMatch(/^<yellow><bold>Merged 2 of 6/);
    expect(lines.join('\n')).toMatch(/<red>failed <\/> {2}api/);
    expect(lines.join('\n')).toMatch(/<green>merged <\/> {2}base/);
  });
});
