import { openMemoryRunStores } from '../../lib/run/memory-turn-store';
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
