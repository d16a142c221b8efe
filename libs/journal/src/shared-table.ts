/** One key of a {@link SharedTable}. */
export interface SharedEntry {
  key: string;
  value: string;
  /** Grows with each write to the table; 0 stands for a key that is not there. */
  revision: number;
}

/**
 * A small table that all coordinators of a namespace share, for leases: every write names the revision that it
 * replaces, so of two that replace the same one only the first succeeds.
 *
 * Each method throws JournalUncertainError when the storage does not answer in time: a write may then have succeeded.
 */
export interface SharedTable {
  /** What the table holds of the keys of leases and coordinators; it may lag behind what was written. */
  read(): Promise<SharedEntry[]>;
  /** What was written last under the key. */
  get(key: string): Promise<SharedEntry | undefined>;
  /** @returns the new revision; undefined, and nothing was written, when `revision` is not the key's last */
  put(key: string, value: string, revision: number): Promise<number | undefined>;
  /** @returns false, and nothing was removed, when `revision` is not the key's last */
  remove(key: string, revision: number): Promise<boolean>;
}

/** The keys of a {@link SharedTable}, as NATS subjects have them. */
export const SHARED_KEYS = ['leader.*', 'coordinator.*'] as const;
