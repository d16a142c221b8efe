import {
  BATCH_OVERHEAD_BYTES,
  entryBytesAtMost,
  type JournalEntry,
  type PartitionJournal,
} from '@ground-control/journal';
import { PayloadTooLargeError } from '@ground-control/protocol';
import { APPENDS_IN_FLIGHT, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES } from './limits.js';

/** What may happen only once what it follows from is durable: a reply, an assignment. */
export type Effect = () => void;

interface Batch {
  entries: JournalEntry[];
  bytes: number;
  effects: Effect[];
}

/**
 * Commits what a partition decides, many decisions in one journal message.
 *
 * 1. No effect runs before the append that holds its cause, and every append before it, is acknowledged.
 * 2. Effects run in the order in which they were added.
 * 3. After a failed append no effect runs any more: its owner recovers from the journal.
 * 4. An effect that follows from nothing new, such as the answer to a question, runs at once while the lease vouches that
 *    nobody else leads. Without that an append of nothing does, which the journal refuses a former leader.
 *
 * Nothing waits on purpose: a batch leaves at the end of the turn in which it was begun, or as soon as an append slot is
 * free. So a lone decision pays one round trip and, under load, a batch grows as large as the journal is slow.
 */
export class GroupCommit {
  private open: Batch = emptyBatch();
  private readonly full: Batch[] = [];
  private readonly inFlight: Batch[] = [];
  private scheduled = false;
  private failed = false;
  private readonly maxBytes: number;

  constructor(
    private readonly journal: PartitionJournal,
    private readonly epoch: string,
    private readonly onCommitted: (sequence: number, entries: JournalEntry[], bytes: number) => void,
    private readonly onFailed: (error: unknown) => void,
    private readonly leads: () => boolean,
  ) {
    this.maxBytes = Math.min(MAX_BATCH_BYTES, journal.maxBatchBytes - BATCH_OVERHEAD_BYTES);
  }

  /**
   * About how many bytes an entry takes, for {@link add}.
   *
   * @throws PayloadTooLargeError when it would not fit into an append of its own
   */
  bytesOf(entry: JournalEntry): number {
    const bytes = entryBytesAtMost(entry);
    const limit = this.journal.maxBatchBytes - BATCH_OVERHEAD_BYTES;
    if (bytes <= limit) return bytes;
    throw new PayloadTooLargeError(
      `What was decided takes up to ${bytes} bytes of the journal; the limit is ${limit}.`,
      { details: { bytes, limit } },
    );
  }

  /** Adds an entry to the next append. @param bytes how large it is, as {@link bytesOf} says */
  add(entry: JournalEntry, bytes: number): void {
    if (this.open.entries.length >= MAX_BATCH_ENTRIES || this.open.bytes + bytes > this.maxBytes)
      this.closeOpen();
    this.open.bytes += bytes;
    this.schedule();
    const last = this.open.entries.at(-1);
    if (last?.runId === entry.runId && last.at === entry.at) last.events.push(...entry.events);
    else this.open.entries.push(entry);
  }

  /** Runs the effect once everything that was added before is durable: at once when it is already (1, 2, 4). */
  whenDurable(effect: Effect): void {
    const last = isEmpty(this.open) ? (this.full.at(-1) ?? this.inFlight.at(-1)) : this.open;
    if (last) last.effects.push(effect);
    else if (this.failed) return;
    else if (this.leads()) effect();
    else this.appendNothing(effect);
  }

  private appendNothing(effect: Effect): void {
    this.open.effects.push(effect);
    this.schedule();
  }

  /** What is added from here on goes into a later append. */
  cut(): void {
    this.closeOpen();
  }

  /** Drops everything that is not committed (3). */
  abandon(): void {
    this.failed = true;
    this.open = emptyBatch();
    this.full.length = 0;
    this.inFlight.length = 0;
  }

  private closeOpen(): void {
    if (isEmpty(this.open)) return;
    this.full.push(this.open);
    this.open = emptyBatch();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    while (!this.failed && this.inFlight.length < APPENDS_IN_FLIGHT) {
      if (this.full.length === 0) this.closeOpen();
      const batch = this.full.shift();
      if (!batch) return;
      this.append(batch);
    }
  }

  private append(batch: Batch): void {
    this.inFlight.push(batch);
    this.journal.append({ epoch: this.epoch, entries: batch.entries }).then(
      (sequence) => this.committed(batch, sequence),
      (error: unknown) => this.fail(error),
    );
  }

  private committed(batch: Batch, sequence: number): void {
    if (this.failed) return;
    if (this.inFlight.shift() !== batch)
      return this.fail(new Error('appends were acknowledged out of order'));
    this.onCommitted(sequence, batch.entries, batch.bytes);
    for (const effect of batch.effects) effect();
    this.pump();
  }

  private fail(error: unknown): void {
    if (this.failed) return;
    this.abandon();
    this.onFailed(error);
  }
}

function isEmpty({ entries, effects }: Batch): boolean {
  return entries.length === 0 && effects.length === 0;
}

function emptyBatch(): Batch {
  return { entries: [], bytes: 0, effects: [] };
}
