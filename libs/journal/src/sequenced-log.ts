/** What became of a record that was published. */
export type Published =
  /** It is durable. */
  | { kind: 'stored'; sequence: number }
  /** It is not there and never will be: the last sequence was another one. */
  | { kind: 'refused'; reason: string }
  /** It may be there, or may get there yet. */
  | { kind: 'unknown'; reason: string; cause?: unknown };

/**
 * What a journal is written to: a log that numbers its records and takes one only from a writer that knows the last.
 * The rules of terms are built on this once, in {@link LogJournal}, for every storage.
 */
export interface SequencedLog {
  /** The largest record, in bytes. */
  readonly maxRecordBytes: number;

  /** The sequences of the first and the last record; `first` is `last + 1` when there is none. */
  bounds(): Promise<{ first: number; last: number }>;

  /**
   * Sends a record that is stored only if the last sequence is `expectedLast` when it arrives. Never throws, never
   * sends twice; records sent one after the other arrive in that order or not at all.
   *
   * @param done called once, never before `publish` has returned
   */
  publish(record: Uint8Array, expectedLast: number, done: (published: Published) => void): void;

  /** Hands over the records `first` to `last`, in order, with what gaps there are. */
  read(first: number, last: number, onRecord: (sequence: number, record: Uint8Array) => void): Promise<void>;
}
