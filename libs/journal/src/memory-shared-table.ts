import { JournalUncertainError } from './journal-errors.js';
import type { SharedEntry, SharedTable } from './shared-table.js';

/** What the tables of all coordinators of a namespace hold together. */
export class MemorySharedStorage {
  readonly entries: Map<string, SharedEntry> = new Map();
  revision = 0;
}

/** The in-memory twin of the table in JetStream, for one coordinator, which may be cut off from it. */
export class MemorySharedTable implements SharedTable {
  /** While it is set, the storage does not answer. */
  cutOff = false;

  constructor(private readonly storage: MemorySharedStorage = new MemorySharedStorage()) {}

  read(): Promise<SharedEntry[]> {
    return this.answer(() => [...this.storage.entries.values()].map((entry) => ({ ...entry })));
  }

  get(key: string): Promise<SharedEntry | undefined> {
    return this.answer(() => {
      const entry = this.storage.entries.get(key);
      return entry && { ...entry };
    });
  }

  put(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.answer(() => {
      if (!this.isLast(key, revision)) return undefined;
      this.storage.revision += 1;
      this.storage.entries.set(key, { key, value, revision: this.storage.revision });
      return this.storage.revision;
    });
  }

  remove(key: string, revision: number): Promise<boolean> {
    return this.answer(() => {
      if (!this.isLast(key, revision)) return false;
      this.storage.revision += 1;
      return this.storage.entries.delete(key);
    });
  }

  private isLast(key: string, revision: number): boolean {
    return (this.storage.entries.get(key)?.revision ?? 0) === revision;
  }

  private async answer<Answer>(question: () => Answer): Promise<Answer> {
    await Promise.resolve();
    if (this.cutOff) throw new JournalUncertainError('The table is out of reach.');
    return question();
  }
}
