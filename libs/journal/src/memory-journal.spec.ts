import { describeJournal } from './journal.contract.js';
import { type JournalWorld, LAYOUT, type Leader } from './journal-world.contract.js';
import { MemoryJournalStore } from './memory-journal.js';

function startWorld(): Promise<JournalWorld> {
  const root = new MemoryJournalStore({ maxBatchBytes: 1024 * 1024 });
  const leader = async (): Promise<Leader> => {
    const store = root.another();
    await store.open(LAYOUT);
    return {
      store,
      journal: store.partition(0),
      failNextAppends: (...faults) => store.failNextAppends(0, ...faults),
      holdAppends: () => store.holdAppends(0),
    };
  };
  return Promise.resolve({ store: () => root.another(), leader, close: () => root.close() });
}

describeJournal('memory', startWorld, { runs: 500, timeoutMs: 30_000 });
