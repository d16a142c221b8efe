import { decodeRecord, type JournalRecord } from './batch-codec.js';
import type { JournalBatch } from './journal.js';
import { JournalCorruptError } from './journal-errors.js';

/**
 * Reads the records of a journal from its beginning: passes on what counts and refuses what is not whole.
 *
 * A pipelined append can satisfy its expected sequence by accident: when the one before it was refused because another
 * leader's epoch took just that sequence. It is told by its term, and skipped.
 */
export class Replay {
  private previous = 0;
  private term: { sequence: number; epoch: string } | undefined;

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
    this.previous = sequence;
    const record = this.decode(sequence, bytes);
    if (record.term === sequence) this.term = { sequence, epoch: record.epoch };
    if (this.counts(sequence, record)) {
      this.onBatch(sequence, { epoch: record.epoch, entries: record.entries });
    }
  }

  private counts(sequence: number, record: JournalRecord): boolean {
    if (!this.term || record.term > sequence)
      throw this.corrupt(sequence, `its term ${record.term} never began`);
    if (record.term !== this.term.sequence) return false;
    if (record.epoch === this.term.epoch) return true;
    throw this.corrupt(sequence, `it names epoch ${record.epoch} in the term of ${this.term.epoch}`);
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
