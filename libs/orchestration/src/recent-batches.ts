import type { JournalEntry, PartitionJournal } from '@ground-control/journal';

/** How many entries of the last batches are kept, so that they need not be read back. */
export const RECENT_ENTRIES = 20_000;

/** How many bytes they take at most, about. */
export const RECENT_BYTES: number = 16 * 1024 * 1024;

interface Batch {
  sequence: number;
  bytes: number;
  entries: readonly JournalEntry[];
}

/** The journal's last batches, as they were committed or replayed; those before are read from the journal. */
export class RecentBatches {
  private readonly batches = new Map<number, Batch>();
  private entries = 0;
  private bytes = 0;
  /** Batches that do not count: another leader's, which were refused too late. */
  private readonly voids = new Set<number>();
  private next = 0;

  constructor(private readonly journal: Pick<PartitionJournal, 'read'>) {}

  /** The batches come in order; what is left out does not count. */
  add(sequence: number, entries: readonly JournalEntry[], bytes: number): void {
    for (let skipped = this.next; this.next > 0 && skipped < sequence; skipped++) this.voids.add(skipped);
    this.next = sequence + 1;
    this.batches.set(sequence, { sequence, entries, bytes });
    this.entries += entries.length;
    this.bytes += bytes;
    if (this.isFull) this.trim();
  }

  /** Lets go of everything up to this sequence. */
  forget(through: number): void {
    for (const sequence of this.voids) if (sequence <= through) this.voids.delete(sequence);
    for (const batch of this.batches.values()) {
      if (batch.sequence > through) return;
      this.remove(batch);
    }
  }

  /** The entries of a batch, at once where it is one of the last. */
  read(sequence: number): readonly JournalEntry[] | Promise<readonly JournalEntry[]> {
    if (this.voids.has(sequence)) return [];
    const recent = this.batches.get(sequence);
    return recent ? recent.entries : this.journal.read(sequence).then(({ entries }) => entries);
  }

  private get isFull(): boolean {
    return this.entries > RECENT_ENTRIES || this.bytes > RECENT_BYTES;
  }

  private trim(): void {
    for (const batch of this.batches.values()) {
      if (!this.isFull) return;
      this.remove(batch);
    }
  }

  private remove({ sequence, entries, bytes }: Batch): void {
    this.batches.delete(sequence);
    this.entries -= entries.length;
    this.bytes -= bytes;
  }
}
