/** What became of a record that was published. */
export type Published =
  /** It is durable. */
  | { kind: 'stored'; sequence: number }
  /** It is not there and never will be: the last sequence was another one. */
  | { kind: 'refused'; reason: string }
  /** It may be there, or may get there yet. */
  | { kind: 'unknown'; reason: string; cause?: unknown };

/**
 * What a journal is written to: a log that numbers its records from 1 and takes one only from a writer that knows the
 * last number. The rules of terms are built on this once, for every storage.
 */
export interface SequencedLog {
  /** The largest record, in bytes. */
  readonly maxRecordBytes: number;

  /** The sequence of the last record, 0 when there is none. */
  lastSequence(): Promise<number>;

  /** The sequence of the first record that is there; what comes before it was purged. */
  firstSequence(): Promise<number>;

  /** Removes every record before this sequence, for ever. Done twice it changes nothing. */
  purge(before: number): Promise<void>;

  /**
   * Sends a record that is stored only if the last sequence is `expectedLast` when it arrives. Never throws, never
   * sends twice; records that are sent one after the other arrive in that order or not at all.
   *
   * @param done called once, never before `publish` has returned
   */
  publish(record: Uint8Array, expectedLast: number, done: (published: Published) => void): void;

  /** Hands over the records from `first` to `last`, in order and without a gap: where one is missing it ends. */
  read(first: number, last: number, onRecord: (sequence: number, record: Uint8Array) => void): Promise<void>;
}
