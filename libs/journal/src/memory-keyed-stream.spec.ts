import { describeKeyedStream, KEYED_LAYOUT } from './keyed-stream.contract.js';
import { MemoryJournalStore } from './memory-journal.js';

describeKeyedStream('memory', async () => {
  const store = new MemoryJournalStore({ maxBatchBytes: 1024 * 1024 });
  await store.open(KEYED_LAYOUT);
  return { store, close: () => store.close() };
});
