import { MemoryStore } from '../../lib/performance/memory-store';
import { cacheStoreContract } from './cache-store.contract';

describe('memory store', () => {
  cacheStoreContract((maxEntries) => ({
    store: new MemoryStore(maxEntries),
    passTime: () => {},
    dispose: () => {},
  }));
});
