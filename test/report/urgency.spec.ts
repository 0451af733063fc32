import { urgenciesOf } from '../../lib/report/urgency';
import { whyOf } from '../../lib/report/why';
import { item, report } from './sample';

const urgencies = (...items: Parameters<typeof urgenciesOf>[0][number][]) =>
  urgenciesOf(items).map(({ urgency }) => urgency);

it('an item that is ahead of less urgent ones says so, and no other', () => {
  const fix = { name: 'fix', hotfix: true };
  const ten = { name: 'ten', priority: 10 };
  const late = { name: 'late', priority: -1 };
  expect(urgencies(fix, ten, { name: 'a' }, late)).toEqual([
    { hotfix: true, priority: 0, aheadOf: 'late' },
    { hotfix: false, priority: 10, aheadOf: 'late' },
    undefined,
    undefined,
  ]);
  expect(urgencies({ name: 'base' }, ten)).toEqual([undefined, undefined]);
  expect(urgencies({ ...ten, name: 'a' }, ten)).toEqual([undefined, undefined]);
  expect(urgencies()).toEqual([]);
});

it('why tells what it did', () => {
  const why = (hotfix: boolean, priority: number) => {
    const urgent = item('a', { urgency: { hotfix, priority, aheadOf: 'b' } });
    return whyOf(report([urgent]), urgent, new Map()).sentences.at(-1);
  };
  expect(why(true, 0)).toBe('As a hot-fix it went ahead of all that is less urgent, such as b.');
  expect(why(false, 10)).toBe('With priority 10 it went ahead of all that is less urgent, such as b.');
});
