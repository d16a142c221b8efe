import { CHAIN_START, type ChainLink, decodeRecord, digestOf, type JournalRecord } from './batch-codec.js';
import type { JournalBatch } from './journal.js';
import { JournalCorruptError } from './journal-errors.js';

/**
 * How many copies of its epoch a leader sends at once, at most: one for each sequence that might be the last by the
 * time it arrives, so that a leader that never stops appending cannot keep it away.
 */
export const MAX_EPOCH_VOLLEY = 64;

/**
 * Reads the records of a journal from its beginning: passes on what counts and refuses what is not whole.
 *
 * The expected sequence alone does not keep pipelined appends in order. When one is refused because another leader's
 * record took its place, the next may find just the last sequence that it expects, and land without the one before
 * it. Two rules make that harmless:
 *
 * - A record counts only in the term that its writer began.
 * - A term is a row without a break. Where a record of another term is found in it, the writer was refused at that
 *   very sequence and its term was over; nothing more of it counts.
 *
 * Every record names the digest of the one that its writer knew to come before it. For a record that counts that one
 * must lie there: a storage that gave up records which it had acknowledged, and went on, is found out.
 *
 * A replay may begin with any record that counts, for only up to one of those is a journal purged: that record is taken
 * for what it says of its term and of the record before it, and what names a record before that one is believed.
 */
export class Replay {
  private previous: number;
  /** The term of the record before, while that one counts. */
  private term: JournalRecord | undefined;
  /** The digests of the last records, as far back as the first record of a term may name one. */
  private readonly digests = new Map<number, number>([[CHAIN_START.sequence, CHAIN_START.digest]]);

  /**
   * @param seen a record that is known to be durable: it must be there
   * @param first the sequence of the first record that will be taken, which counts
   */
  constructor(
    private readonly partition: number,
    private readonly onBatch: (sequence: number, batch: JournalBatch) => void,
    private readonly seen: ChainLink = CHAIN_START,
    private readonly first = 1,
  ) {
    this.previous = first - 1;
  }

  /** The sequence of the last record that was read. */
  get last(): number {
    return this.previous;
  }

  /** The last record that was read, for what is to follow it. */
  get end(): ChainLink {
    return { sequence: this.previous, digest: this.digests.get(this.previous) ?? 0 };
  }

  /** @throws JournalCorruptError */
  take(sequence: number, bytes: Uint8Array): void {
    if (sequence !== this.previous + 1) throw this.corrupt(this.previous + 1, 'the record is missing');
    const record = this.decode(sequence, bytes);
    this.previous = sequence;
    this.term = this.begins(sequence) ? record : this.termAfter(sequence, record);
    this.checkChain(sequence, record);
    this.note(sequence, digestOf(bytes));
    if (this.term) this.onBatch(sequence, { epoch: record.epoch, entries: record.entries });
  }

  /** Whether this is the first record of a journal that was purged, or the first of those that are read. */
  private begins(sequence: number): boolean {
    return sequence === this.first && sequence > 1;
  }

  private termAfter(sequence: number, record: JournalRecord): JournalRecord | undefined {
    if (record.term === sequence) return record;
    if (sequence === 1 || record.term > sequence) {
      throw this.corrupt(sequence, `its term, from sequence ${record.term} on, did not begin`);
    }
    if (record.term !== this.term?.term) return undefined;
    if (record.epoch === this.term.epoch) return this.term;
    throw this.corrupt(sequence, `it names epoch ${record.epoch} in the term of epoch ${this.term.epoch}`);
  }

  /** What does not count was sent by a writer that did not know what came before it. */
  private checkChain(sequence: number, { term, after }: JournalRecord): void {
    if (!this.term) return;
    const begins = term === sequence;
    if (begins ? after.sequence >= sequence : after.sequence !== sequence - 1) {
      throw this.corrupt(sequence, `it claims to follow sequence ${after.sequence}`);
    }
    if (after.sequence < this.first && this.first > 1) return;
    if (this.digests.get(after.sequence) !== after.digest) {
      throw this.corrupt(
        sequence,
        `the record at sequence ${after.sequence} is not the one that it was written after`,
      );
    }
  }

  private note(sequence: number, digest: number): void {
    if (sequence === this.seen.sequence && digest !== this.seen.digest) {
      throw this.corrupt(sequence, 'this process has seen another record there');
    }
    this.digests.set(sequence, digest);
    this.digests.delete(sequence - MAX_EPOCH_VOLLEY);
  }

  private decode(sequence: number, bytes: Uint8Array): JournalRecord {
    try {
      return decodeRecord(bytes);
    } catch (error) {
      throw this.corrupt(sequence, error instanceof Error ? error.message : String(error), error);
    }
  }

  private corrupt(sequence: number, what: string, cause?: unknown): JournalCorruptError {
    return new JournalCorruptError(this.partition, sequence, what, { cause });
  }
}
