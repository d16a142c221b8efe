import type { RecordsKind, WorkflowDefinition } from '@ground-control/protocol';
import type { JournalStore, NamespaceConfig, PartitionJournal } from './journal.js';
import type { KeyedStream } from './keyed-stream.js';
import { LogJournal } from './log-journal.js';
import { MemoryKeyedStream, MemoryRecords } from './memory-keyed-stream.js';
import { type AppendFault, type HeldAppends, MemoryLog } from './memory-log.js';
import { MemorySharedStorage, MemorySharedTable } from './memory-shared-table.js';
import { assertNamespaceConfig, assertPartition } from './namespace-config.js';
import type { SequencedLog } from './sequenced-log.js';
import type { SharedTable } from './shared-table.js';

/** What a NATS server keeps of a namespace: shared by the stores of all its leaders. */
export class MemoryJournalStorage {
  config: NamespaceConfig | undefined;
  readonly definitions: Map<string, WorkflowDefinition> = new Map();
  /** What is kept besides the journals, of all partitions. */
  readonly records: Record<RecordsKind, MemoryRecords> = {
    state: new MemoryRecords(true),
    history: new MemoryRecords(false),
    runs: new MemoryRecords(false),
  };
  readonly shared: MemorySharedStorage = new MemorySharedStorage();
  private readonly partitions: Map<number, Uint8Array[]> = new Map();

  /** The encoded records of a partition; the first has sequence 1. */
  recordsOf(partition: number): Uint8Array[] {
    const records = this.partitions.get(partition) ?? [];
    this.partitions.set(partition, records);
    return records;
  }
}

/** Options of a {@link MemoryJournalStore}. */
export interface MemoryJournalStoreOptions {
  /** The storage, when other stores share it. */
  storage?: MemoryJournalStorage | undefined;
  /** The largest batch, in bytes. @defaultValue 8 MiB */
  maxBatchBytes?: number | undefined;
  /** Puts something between a partition's journal and its log, for example a network that loses appends. */
  wrapLog?: ((partition: number, log: SequencedLog) => SequencedLog) | undefined;
}

/**
 * The in-memory twin of the JetStream journal: the same terms, the same refusals, and faults on demand. Nothing in it
 * outlives the process.
 */
export class MemoryJournalStore implements JournalStore {
  readonly storage: MemoryJournalStorage;
  private readonly maxBatchBytes: number;
  private table: MemorySharedTable | undefined;
  private readonly wrapLog: NonNullable<MemoryJournalStoreOptions['wrapLog']>;
  private readonly partitions: Map<number, { journal: PartitionJournal; log: MemoryLog }> = new Map();

  private readonly keyedStreams: Map<string, KeyedStream> = new Map();

  constructor(options: MemoryJournalStoreOptions = {}) {
    this.storage = options.storage ?? new MemoryJournalStorage();
    this.maxBatchBytes = options.maxBatchBytes ?? 8 * 1024 * 1024;
    this.wrapLog = options.wrapLog ?? ((_partition, log) => log);
  }

  /** The store of another leader of the same namespace. */
  another(): MemoryJournalStore {
    return new MemoryJournalStore({ storage: this.storage, maxBatchBytes: this.maxBatchBytes });
  }

  /** The next appends of this store's leader to a partition, epochs too, go wrong in this way, one each. */
  failNextAppends(partition: number, ...faults: AppendFault[]): void {
    this.partitionOf(partition).log.failNext(...faults);
  }

  /** Holds up the appends of this store's leader to a partition, epochs too, until they are released. */
  holdAppends(partition: number): HeldAppends {
    return this.partitionOf(partition).log.hold();
  }

  open(options: NamespaceConfig): Promise<NamespaceConfig> {
    assertNamespaceConfig(options);
    this.storage.config ??= { ...options };
    return Promise.resolve(this.storage.config);
  }

  partition(partition: number): PartitionJournal {
    return this.partitionOf(partition).journal;
  }

  records(kind: RecordsKind, partition: number): KeyedStream {
    assertPartition(partition, this.storage.config);
    const name = `${kind}.${partition}`;
    const records =
      this.keyedStreams.get(name) ??
      new MemoryKeyedStream(this.storage.records[kind], partition, this.maxBatchBytes);
    this.keyedStreams.set(name, records);
    return records;
  }

  definitions(): Promise<WorkflowDefinition[]> {
    return Promise.resolve(structuredClone([...this.storage.definitions.values()]));
  }

  definition(type: string): Promise<WorkflowDefinition | undefined> {
    return Promise.resolve(structuredClone(this.storage.definitions.get(type)));
  }

  sharedTable(): SharedTable {
    return (this.table ??= new MemorySharedTable(this.storage.shared));
  }

  saveDefinition(definition: WorkflowDefinition): Promise<void> {
    this.storage.definitions.set(definition.type, structuredClone(definition));
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await Promise.all([...this.partitions.values()].map(({ journal }) => journal.close()));
  }

  private partitionOf(partition: number): { journal: PartitionJournal; log: MemoryLog } {
    assertPartition(partition, this.storage.config);
    const existing = this.partitions.get(partition);
    if (existing) return existing;
    const log = new MemoryLog(this.storage.recordsOf(partition), this.maxBatchBytes);
    const opened = { journal: new LogJournal(partition, this.wrapLog(partition, log)), log };
    this.partitions.set(partition, opened);
    return opened;
  }
}
