import { PayloadTooLargeError } from '@ground-control/protocol';
import { JournalFencedError } from './journal-errors.js';
import type { KeyedRecord, KeyedStream, PutOptions } from './keyed-stream.js';

interface StoredRecord extends KeyedRecord {
  partition: number;
  expiresAt: number;
}

/** A stream in memory, which all partitions write to. */
export class MemoryRecords {
  private records = new Map<number, StoredRecord>();
  /** The sequences of the records of a key, by partition and key. */
  private byKey = new Map<string, number[]>();
  private sequence = 0;

  /** @param onlyLast whether only the last record of a key is kept */
  constructor(
    private readonly onlyLast: boolean,
    private readonly clock: () => number = Date.now,
  ) {}

  get lastSequence(): number {
    return this.sequence;
  }

  put(partition: number, key: string, body: Uint8Array, ttlMs: number | undefined): number {
    this.sequence += 1;
    if (this.onlyLast) this.remove(partition, key);
    const expiresAt = ttlMs === undefined ? Infinity : this.clock() + ttlMs;
    this.keep({ partition, key, body, sequence: this.sequence, expiresAt });
    return this.sequence;
  }

  get(sequence: number): KeyedRecord | undefined {
    const record = this.records.get(sequence);
    if (!record || record.expiresAt <= this.clock()) return undefined;
    return { sequence, key: record.key, body: record.body };
  }

  /** What there is of a key now, in order. */
  ofKey(partition: number, key: string): KeyedRecord[] {
    const sequences = this.byKey.get(nameOf(partition, key)) ?? [];
    return sequences.flatMap((sequence) => this.get(sequence) ?? []);
  }

  /** What there is of a partition now, in order. */
  of(partition: number): KeyedRecord[] {
    const own = [...this.records.values()].filter((record) => record.partition === partition);
    return own.flatMap(({ sequence }) => this.get(sequence) ?? []);
  }

  remove(partition: number, key: string): void {
    const name = nameOf(partition, key);
    for (const sequence of this.byKey.get(name) ?? []) this.records.delete(sequence);
    this.byKey.delete(name);
  }

  /** Everything that is there now, to go back to with {@link restore}. */
  snapshot(): readonly StoredRecord[] {
    return [...this.records.values()];
  }

  /** Loses what was stored since: what a crash does to a tail that was not written to the disk. */
  restore(records: readonly StoredRecord[]): void {
    this.records = new Map();
    this.byKey = new Map();
    for (const record of records) this.keep(record);
    this.sequence = records.at(-1)?.sequence ?? 0;
  }

  private keep(record: StoredRecord): void {
    const name = nameOf(record.partition, record.key);
    const sequences = this.byKey.get(name) ?? [];
    this.byKey.set(name, sequences);
    sequences.push(record.sequence);
    this.records.set(record.sequence, record);
  }
}

function nameOf(partition: number, key: string): string {
  return `${partition} ${key}`;
}

/** One leader's connection to a partition's records in memory. */
export class MemoryKeyedStream implements KeyedStream {
  constructor(
    private readonly records: MemoryRecords,
    private readonly partition: number,
    readonly maxRecordBytes: number,
  ) {}

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<number> {
    await Promise.resolve();
    assertFits(body, this.maxRecordBytes);
    const { expect, ttlMs } = options;
    const last = expect && this.lastOf(expect.key)?.sequence;
    if (expect && (last ?? 0) !== expect.sequence)
      throw new JournalFencedError(`The last record of ${expect.key} is ${last ?? 0}.`);
    return this.records.put(this.partition, key, Uint8Array.from(body), ttlMs);
  }

  async last(key: string): Promise<KeyedRecord | undefined> {
    await Promise.resolve();
    return this.lastOf(key);
  }

  async get(sequence: number): Promise<KeyedRecord | undefined> {
    await Promise.resolve();
    return this.records.get(sequence);
  }

  async next(key: string, from: number): Promise<KeyedRecord | undefined> {
    await Promise.resolve();
    return this.records.ofKey(this.partition, key).find((record) => record.sequence >= from);
  }

  async read(
    { key, from, until }: { key?: string | undefined; from: number; until: number },
    onRecord: (record: KeyedRecord) => void,
  ): Promise<void> {
    await Promise.resolve();
    const { partition, records } = this;
    for (const record of key === undefined ? records.of(partition) : records.ofKey(partition, key)) {
      if (record.sequence >= from && record.sequence <= until) onRecord(record);
    }
  }

  async lastSequence(): Promise<number> {
    await Promise.resolve();
    return this.records.lastSequence;
  }

  async remove(key: string): Promise<void> {
    await Promise.resolve();
    this.records.remove(this.partition, key);
  }

  private lastOf(key: string): KeyedRecord | undefined {
    return this.records.ofKey(this.partition, key).at(-1);
  }
}

/** @throws PayloadTooLargeError */
export function assertFits({ length }: Uint8Array, limit: number): void {
  if (length <= limit) return;
  throw new PayloadTooLargeError(`A record of ${length} bytes is over the limit of ${limit}.`, {
    details: { bytes: length, limit },
  });
}
