import { MemorySharedStorage, MemorySharedTable } from './memory-shared-table.js';
import { describeSharedTable } from './shared-table.contract.js';

describeSharedTable('memory', () => {
  const storage = new MemorySharedStorage();
  const table = (): Promise<MemorySharedTable> => Promise.resolve(new MemorySharedTable(storage));
  return Promise.resolve({ table, close: () => Promise.resolve() });
});
