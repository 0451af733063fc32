import { MemoryStore } from '../../lib/performance/memory-store';
import { boundedStoreContract, cacheStoreContract } from './cache-store.contract';

describe('memory store', () => {
  const open = (maxEntries?: number) => ({
    store: new MemoryStore(maxEntries),
    passTime: () => {},
    dispose: () => {},
  });
  cacheStoreContract(open);
  boundedStoreContract(open);
});
