import type { InputError } from '../../lib/errors';
import { wantedTasks } from '../../lib/logs/wanted';

const task = (item: number, name: string) => ({ item, gate: { name } }) as never;
const run = {
  names: ['a', 'b'],
  load: { tasks: [task(0, 'test'), task(0, 'lint'), task(1, 'test'), task(-1, 'test')] },
};

const wanted = (item?: string, gate?: string) => {
  const isWanted = wantedTasks(run, { ...(item && { item }), ...(gate && { gate }) });
  return [0, 1, 2, 3].filter(isWanted);
};

function problem(act: () => unknown) {
  try {
    act();
  } catch (error) {
    return (error as InputError).problems[0];
  }
  throw new Error('it was not refused');
}

it('without a name all gates are wanted', () => expect(wanted()).toEqual([0, 1, 2, 3]));
it('an item has its own gates', () => expect(wanted('a')).toEqual([0, 1]));
it('a gate is that of every item, and of the woven commit', () =>
  expect(wanted(undefined, 'test')).toEqual([0, 2, 3]));
it('both together are one gate', () => expect(wanted('a', 'lint')).toEqual([1]));
it('integration is the woven commit', () => expect(wanted('integration')).toEqual([3]));

it('an item that is called integration is meant as well', () => {
  const other = { ...run, names: ['a', 'integration'] };
  expect([0, 1, 2, 3].filter(wantedTasks(other, { item: 'integration' }))).toEqual([2, 3]);
});

it('a name that is not there is refused, with what is', () => {
  expect(problem(() => wanted('nowhere'))).toMatchObject({ code: 'unknown-item', hint: 'it has a, b' });
  expect(problem(() => wanted('b', 'lint'))).toMatchObject({ code: 'unknown-gate', hint: 'it has test' });
  expect(problem(() => wanted(undefined, 'tests'))).toMatchObject({ hint: 'did you mean "test"?' });
});

it('of many names a few are told', () => {
  const names = Array.from({ length: 1_000 }, (_, k) => `item-${k}`);
  const { hint } = problem(() => wantedTasks({ ...run, names }, { item: 'something else' }))!;
  expect(hint).toMatch(/^it has item-0, .*item-9, … \(1000\)$/);
});
