import { openMemoryRunStores } from '../../lib/run/memory-turn-store';
import { targetKey } from '../../lib/run/run-index';
import { describePauses } from './pauses.contract';
import { describeRunIndex } from './run-index.contract';
import { describeStore } from './store.contract';
import { describeTargetQueue } from './target-queue.contract';
import { describeTotals } from './totals.contract';
import { describeTurnStore } from './turn-store.contract';

const open = async () => ({ ...openMemoryRunStores(), remove: async () => {} });

describeStore('memory turn', open);
describeTurnStore('memory', open);
describeTotals('memory', open);
describeRunIndex('memory', open);
describeTargetQueue('memory', open);
describePauses('memory', open);

it('each branch of each repository is a target of its own, whatever the names hold', () => {
  const names = [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'b","c'],
    ['a","b', 'c'],
    ['ab', ''],
    ['', 'ab'],
  ] as const;
  expect(new Set(names.map(([repository, branch]) => targetKey(repository, branch))).size).toBe(names.length);
});
