import type { JournalEntry, PartitionJournal } from '@ground-control/journal';

/** How many entries of the last batches are kept, so that they need not be read back. */
export const RECENT_ENTRIES = 20_000;

interface Batch {
  sequence: number;
  entries: readonly JournalEntry[];
}

/** The journal's last batches, as they were committed or replayed; those before are read from the journal. */
export class RecentBatches {
  private readonly batches = new Map<number, Batch>();
  private entries = 0;
  /** Batches that do not count: another leader's, which were refused too late. */
  private readonly voids = new Set<number>();
  private next = 0;

  constructor(private readonly journal: Pick<PartitionJournal, 'read'>) {}

  /** The batches come in order; what is left out does not count. */
  add(sequence: number, entries: readonly JournalEntry[]): void {
    for (let skipped = this.next; this.next > 0 && skipped < sequence; skipped++) this.voids.add(skipped);
    this.next = sequence + 1;
    this.batches.set(sequence, { sequence, entries });
    this.entries += entries.length;
    if (this.entries > RECENT_ENTRIES) this.trim();
  }

  /** Lets go of everything up to this sequence. */
  forget(through: number): void {
    for (const sequence of this.voids) if (sequence <= through) this.voids.delete(sequence);
    for (const { sequence, entries } of this.batches.values()) {
      if (sequence > through) return;
      this.batches.delete(sequence);
      this.entries -= entries.length;
    }
  }

  /** The entries of a batch, at once where it is one of the last. */
  read(sequence: number): readonly JournalEntry[] | Promise<readonly JournalEntry[]> {
    if (this.voids.has(sequence)) return [];
    const recent = this.batches.get(sequence);
    return recent ? recent.entries : this.journal.read(sequence).then(({ entries }) => entries);
  }

  private trim(): void {
    for (const { sequence, entries } of this.batches.values()) {
      if (this.entries <= RECENT_ENTRIES) return;
      this.batches.delete(sequence);
      this.entries -= entries.length;
    }
  }
}
