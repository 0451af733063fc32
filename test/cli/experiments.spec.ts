import { hideExperiments } from '../../lib/cli/experiments';

it('the warning that node:sqlite is an experiment is not shown, every other one is', () => {
  const before = process.emitWarning;
  const shown: unknown[][] = [];
  process.emitWarning = (...args: unknown[]) => void shown.push(args);
  try {
    hideExperiments();
    process.emitWarning(
      'SQLite is an experimental feature and might change at any time',
      'ExperimentalWarning',
    );
    process.emitWarning('Fetch is an experimental feature', 'ExperimentalWarning');
    process.emitWarning('SQLite is slow', 'Warning');
    process.emitWarning(new Error('x'));
  } finally {
    process.emitWarning = before;
  }
  expect(shown).toEqual([
    ['Fetch is an experimental feature', 'ExperimentalWarning'],
    ['SQLite is slow', 'Warning'],
    [new Error('x')],
  ]);
});
