import type { RunEvent } from '@ground-control/engine';
import type { RecordsKind, WorkflowDefinition } from '@ground-control/protocol';
import type { KeyedStream } from './keyed-stream.js';
import type { SharedTable } from './shared-table.js';

/** What was decided about one run at one time: together in the journal or not there at all (invariant 4). */
export interface JournalEntry {
  runId: string;
  /** When it was decided, in milliseconds since the epoch by the leader's clock. */
  at: number;
  events: RunEvent[];
}

/** One message of a partition's journal. The first of a leader's term has no entries and names its epoch. */
export interface JournalBatch {
  epoch: string;
  entries: JournalEntry[];
}

/**
 * The journal of one partition, for the one leader that writes it (invariant 2).
 *
 * A term begins with {@link takeOver} and ends when an append is refused or its fate is unknown. What counts of a
 * stream are the batches of the term that was current where they landed: an append that arrives after a later
 * leader's epoch is skipped by every replay, so appends land in order or not at all.
 */
export interface PartitionJournal {
  /** The largest batch, in encoded bytes. */
  readonly maxBatchBytes: number;

  /**
   * Begins a term: writes its epoch, which fences every earlier leader, then hands over every batch that counts, in
   * order, the epoch's own last. Appends of this journal that are in flight are given up as uncertain first.
   *
   * @param startAt asked once the epoch stands, when no earlier leader can write any more: the sequence at which the
   * replay begins, of a batch that counts and is there. It gets the first that was not purged. Without it the journal
   * must be whole from its beginning
   * @returns the sequence of the epoch's message, the last one
   * @throws JournalUncertainError when the journal cannot be read or written now; try again
   * @throws JournalFencedError when other leaders wrote before the epoch could, each time it was tried
   * @throws JournalCorruptError when the journal is not whole, or shorter than this process has seen it
   */
  takeOver(
    epoch: string,
    onBatch: (sequence: number, batch: JournalBatch) => void,
    startAt?: (firstSequence: number) => Promise<number>,
  ): Promise<number>;

  /**
   * Appends a batch of the current term. May be called again before earlier appends are acknowledged. After any
   * rejection but that of a batch of another epoch, every append is rejected until the next {@link takeOver}.
   *
   * @returns its sequence, once it is durable
   * @throws JournalFencedError when another leader wrote; the batch does not count
   * @throws JournalUncertainError when it is unknown whether the batch landed
   * @throws PayloadTooLargeError when it is over {@link maxBatchBytes}; it was not sent
   */
  append(batch: JournalBatch): Promise<number>;

  /**
   * Reads one batch again.
   *
   * @throws JournalCorruptError when there is none with this sequence
   */
  read(sequence: number): Promise<JournalBatch>;

  /**
   * Reads the journal as far as it goes now and checks that it is whole: every checksum, and that every record follows
   * the one that it was written after. Writes nothing, so that a leader may be at work meanwhile.
   *
   * @param onBatch gets every batch that counts, in order
   * @returns the sequence of the last record, 0 when there is none
   * @throws JournalUncertainError when the journal cannot be read now; try again
   * @throws JournalCorruptError when the journal is not whole, or shorter than this process has seen it
   */
  verify(onBatch: (sequence: number, batch: JournalBatch) => void): Promise<number>;

  /**
   * Removes every batch before this one for ever. What they say must be kept elsewhere, durably.
   *
   * @param before the sequence of a batch of the current term that was acknowledged: it becomes the first of the
   * journal, and whatever comes after it is judged by it
   * @throws JournalFencedError when there is no current term, or the sequence is not one of its batches
   * @throws JournalUncertainError when it is not known whether it was done; doing it again is harmless
   */
  purge(before: number): Promise<void>;

  /** Ends the last term: appends in flight are waited for, further ones and takeovers are rejected. */
  close(): Promise<void>;
}

/** How a namespace is laid out. Fixed when it is created. */
export interface NamespaceConfig {
  /** The number of partitions, and so of journals. */
  partitions: number;
  /** On how many servers each stream is kept. */
  replicas: number;
  storage: 'file' | 'memory';
}

/** The durable data of a namespace. */
export interface JournalStore {
  /**
   * Creates the namespace, or reads how it was created: an existing namespace keeps its layout, whatever is asked
   * for. Processes that create it at the same time agree.
   *
   * @throws InvalidInputError when a number is out of range
   * @throws JournalUncertainError when the storage does not answer; try again
   */
  open(options: NamespaceConfig): Promise<NamespaceConfig>;

  /**
   * The journal of a partition: always the same object.
   *
   * @throws InvalidInputError before {@link open}, and for a partition that the namespace does not have
   */
  partition(partition: number): PartitionJournal;

  /**
   * What is kept of a partition's runs besides its journal: always the same object.
   *
   * @throws InvalidInputError as {@link partition}
   */
  records(kind: RecordsKind, partition: number): KeyedStream;

  /** Every workflow type that was ever registered. */
  definitions(): Promise<WorkflowDefinition[]>;

  /** A workflow type, as it was registered last with any coordinator. */
  definition(type: string): Promise<WorkflowDefinition | undefined>;

  /** Adds a workflow type, or replaces what was registered of it. */
  saveDefinition(definition: WorkflowDefinition): Promise<void>;

  /**
   * The table in which coordinators keep their leases.
   *
   * @throws InvalidInputError before {@link open}
   */
  sharedTable(): SharedTable;

  /** Closes every journal. */
  close(): Promise<void>;
}
