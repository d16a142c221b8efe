import { decodeRecord, type JournalRecord } from './batch-codec.js';
import type { JournalBatch } from './journal.js';
import { JournalCorruptError } from './journal-errors.js';

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
 */
export class Replay {
  private previous = 0;
  /** The term of the record before, while that one counts. */
  private term: JournalRecord | undefined;

  constructor(
    private readonly partition: number,
    private readonly onBatch: (sequence: number, batch: JournalBatch) => void,
  ) {}

  /** The sequence of the last record that was read. */
  get last(): number {
    return this.previous;
  }

  /** @throws JournalCorruptError */
  take(sequence: number, bytes: Uint8Array): void {
    if (sequence !== this.previous + 1) throw this.corrupt(this.previous + 1, 'the record is missing');
    const record = this.decode(sequence, bytes);
    this.previous = sequence;
    this.term = this.termAfter(sequence, record);
    if (this.term) this.onBatch(sequence, { epoch: record.epoch, entries: record.entries });
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
