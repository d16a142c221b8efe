/** A record as it lies in a {@link KeyedStream}. */
export interface KeyedRecord {
  /** Its place in the stream, which other partitions write to as well: sequences increase, with gaps. */
  sequence: number;
  key: string;
  body: Uint8Array;
}

/** What a put depends on, and how long it lasts. */
export interface PutOptions {
  /** Stored only if the last record of this key, whichever is put, has this sequence; 0 when it must have none. */
  expect?: { key: string; sequence: number } | undefined;
  /** How long the record stays, in milliseconds, whole seconds at least. Without it, for as long as nothing else ends it. */
  ttlMs?: number | undefined;
}

/**
 * One partition's records under keys of letters, digits, `_` and `-`, in the order in which they were put. The storage
 * is written to its disk some time after the acknowledgement: a crash of its machine may lose the tail of the stream,
 * never something before what is kept.
 */
export interface KeyedStream {
  /** The largest record, in bytes. */
  readonly maxRecordBytes: number;

  /**
   * Puts a record. Several may be under way; they are stored in the order in which they were put.
   *
   * @returns its sequence
   * @throws JournalFencedError when another writer was there: the expected record is not the last one
   * @throws JournalUncertainError when it is unknown whether it was stored
   * @throws PayloadTooLargeError when it is over {@link maxRecordBytes}; it was not sent
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<number>;

  /**
   * The last record of a key.
   *
   * @throws JournalUncertainError when the storage does not answer
   */
  last(key: string): Promise<KeyedRecord | undefined>;

  /**
   * The record with this sequence, whatever came after it.
   *
   * @throws JournalUncertainError when the storage does not answer
   */
  get(sequence: number): Promise<KeyedRecord | undefined>;

  /**
   * The first record of a key from this sequence on.
   *
   * @throws JournalUncertainError when the storage does not answer
   */
  next(key: string, from: number): Promise<KeyedRecord | undefined>;

  /**
   * Hands over what is there of one key, or of all of them, from a sequence to another, in order.
   *
   * @param range `until` is the sequence of a record that is there and among them: with it, all before it are
   * @throws JournalUncertainError when the storage does not answer, or not with all
   */
  read(
    range: { key?: string | undefined; from: number; until: number },
    onRecord: (record: KeyedRecord) => void,
  ): Promise<void>;

  /** The sequence of the last record in the stream, of whichever partition; 0 when there was none. */
  lastSequence(): Promise<number>;

  /** Removes every record of a key. Done twice it changes nothing. */
  remove(key: string): Promise<void>;
}
