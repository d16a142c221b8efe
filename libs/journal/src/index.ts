export * from './journal.js';
export * from './journal-errors.js';
export { type ChainLink, JOURNAL_VERSION } from './batch-codec.js';
export { attributeDigests } from './attribute-digests.js';
export * from './checkpoints.js';
export * from './keyed-stream.js';
export { NO_RECORD, type RecordMark } from './record-mark.js';
export * from './run-archive.js';
export * from './memory-journal.js';
export { MemoryRecords } from './memory-keyed-stream.js';
export type { AppendFault, HeldAppends } from './memory-log.js';
export { MAX_PARTITIONS, MAX_REPLICAS } from './namespace-config.js';
export { JetStreamJournalStore, type JetStreamJournalStoreOptions } from './jetstream-journal.js';
export { BATCH_OVERHEAD_BYTES, bytesAtMost, entryBytesAtMost } from './entry-bytes.js';
export {
  checkDurability,
  type DurabilityFinding,
  judgeDurability,
  MINIMUM_MAX_PAYLOAD,
  MINIMUM_SERVER_VERSION,
} from './durability.js';
export { type DurabilityFacts, gatherDurability, type JournalStreamFacts } from './durability-facts.js';
export type { SharedEntry, SharedTable } from './shared-table.js';
export { MemorySharedStorage, MemorySharedTable } from './memory-shared-table.js';
export { type Finding, type Verification, verifyNamespace, type VerifyOptions } from './verify-namespace.js';
