import { missesOf } from '../../lib/report/cache-misses';
import type { ReportGate } from '../../lib/report/report';
import { gate } from './sample';

it.each([
  [['never-passed'], 1, 'no earlier pass of it is known'],
  [['content-changed'], 2, 'what they test has changed since they last passed'],
  [['gate-changed'], 2, 'their definitions have changed since they last passed'],
  [
    ['content-changed', 'gate-changed'],
    1,
    'what it tests and its definition have changed since it last passed',
  ],
  [['machine-changed'], 1, 'the system, the inherited variables or git have changed since it last passed'],
  [['machine-changed', 'git-changed'], 1, 'git has changed since it last passed'],
  [
    ['content-changed', 'machine-changed', 'variables-changed', 'git-changed'],
    2,
    'what they test, the inherited variables and git have changed since they last passed',
  ],
] as [NonNullable<ReportGate['cacheMiss']>, number, string][])(
  'says of %j, of %d gates: %s',
  (misses, number, words) => {
    const gates = Array.from({ length: number }, () => gate({ cacheMiss: misses }));
    expect(missesOf(gates).map(({ because }) => because)).toEqual([words]);
  },
);
