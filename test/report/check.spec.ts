import { checkReport } from '../../lib/report/check';
import type { Report } from '../../lib/report/report';
import { at, failed, gate, item, ran, report } from './sample';

const planOf = ({ items, maxWorkers }: Report) => ({
  items: items.map(({ name, deps }) => ({ name, deps })),
  maxWorkers,
});
const check = (checked: Report) => checkReport(checked, planOf(checked));

describe('checkReport', () => {
  it('finds nothing in a run that kept to its order and its lanes', () => {
    expect(
      check(
        report([
          item('a', { gates: [ran(0, 0, 1), ran(1, 0, 2)] }),
          item('b', { deps: ['a'], gates: [ran(0, 2, 3)] }),
        ]),
      ),
    ).toEqual([]);
  });

  it('names a gate that started before a dependency had passed, even one far away', () => {
    const violations = check(
      report([
        item('a', { gates: [ran(0, 0, 5)] }),
        item('b', { deps: ['a'] }),
        item('c', { deps: ['b'], gates: [ran(1, 4, 6, { name: 'lint' })] }),
      ]),
    );
    expect(violations).toEqual(['lint of c started 1000 ms before its deps had passed']);
  });

  it('finds dependencies whatever order the plan and the report list them in', () => {
    const chain = Array.from({ length: 3000 }, (_, i) =>
      item(`i${i}`, { deps: i === 0 ? [] : [`i${i - 1}`], gates: [ran(0, i, i + 1)] }),
    );
    expect(check(report(chain.toReversed()))).toEqual([]);
    chain[2999]!.gates = [ran(1, 0, 1)];
    expect(check(report(chain.toReversed()))).toHaveLength(1);
  });

  it('lets a gate start while gates of a dependency run that block nothing', () => {
    expect(
      check(
        report([
          item('a', { gates: [ran(0, 0, 1), ran(1, 0, 9, { required: false, blocking: false })] }),
          item('b', { deps: ['a'], gates: [ran(0, 1, 2)] }),
        ]),
      ),
    ).toEqual([]);
  });

  it('names a gate that ran behind a failed or skipped one', () => {
    for (const status of ['fail', 'timeout', 'skipped'] as const) {
      const violations = check(
        report([
          failed('a', 'gate-failed: x', { gates: [ran(0, 0, 1, { status })] }),
          item('b', { deps: ['a'], gates: [ran(0, 1, 2)] }),
        ]),
      );
      expect(violations).toEqual([`test of b ran although test of a did not pass (${status})`]);
    }
  });

  it('takes the skipped gates of an item that changes nothing for passed', () => {
    const skipped = gate({ status: 'skipped', lane: null, startedAt: null, endedAt: null });
    expect(
      check(report([item('a', { gates: [skipped] }), item('b', { deps: ['a'], gates: [ran(0, 1, 2)] })])),
    ).toEqual([]);
    for (const reason of ['target-moved: x', 'landing-refused: x'])
      expect(
        check(
          report([
            failed('a', reason, { gates: [skipped] }),
            item('b', { deps: ['a'], gates: [ran(0, 1, 2)] }),
          ]),
        ),
      ).toEqual([]);
  });

  it('names more gates at once than there are workers, those of the weave included', () => {
    const integration = { ref: null, commit: 'c', tree: 't', gates: [ran(2, 1, 3)] };
    const violations = check(report([item('a', { gates: [ran(0, 0, 2), ran(1, 0, 2)] })], { integration }));
    expect(violations).toEqual([`3 gates ran at once at ${at(1)}, more than 2`]);
  });

  it('names a lane that ran two gates at once', () => {
    const violations = check(report([item('a', { gates: [ran(0, 0, 2), ran(0, 1, 3)] })]));
    expect(violations).toEqual([`lane 0 ran two gates at once at ${at(1)}`]);
  });

  it('does not count cached gates, and lets one gate start in the millisecond in which another ends', () => {
    const cached = gate({ cached: true, lane: null, startedAt: at(0), endedAt: at(9) });
    expect(
      check(
        report([item('a', { gates: [ran(0, 0, 1), ran(0, 1, 2), cached, cached, ran(0, 2, 2)] })], {
          maxWorkers: 1,
        }),
      ),
    ).toEqual([]);
  });

  it('names items that are missing, twice there, or not of the plan', () => {
    const plan = {
      items: [
        { name: 'a', deps: [] },
        { name: 'b', deps: [] },
      ],
      maxWorkers: 1,
    };
    expect(checkReport(report([item('a'), item('a'), item('c')]), plan)).toEqual([
      'b is not in the report',
      'a is in the report twice',
      'c is not in the plan',
    ]);
  });
});
