export * from './journal.js';
export * from './journal-errors.js';
export * from './memory-journal.js';
export type { AppendFault, HeldAppends } from './memory-log.js';
export { MAX_PARTITIONS, MAX_REPLICAS } from './namespace-config.js';
export { JetStreamJournalStore, type JetStreamJournalStoreOptions } from './jetstream-journal.js';
