import { PayloadTooLargeError } from '@ground-control/protocol';
import { JournalFencedError } from './journal-errors.js';
import type { KeyedRecord, KeyedStream, PutOptions } from './keyed-stream.js';

interface StoredRecord extends KeyedRecord {
  partition: number;
  expiresAt: number;
}

/** A stream in memory, which all partitions write to. */
export class MemoryRecords {
  private records: StoredRecord[] = [];
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
    this.records.push({ partition, key, body, sequence: this.sequence, expiresAt });
    return this.sequence;
  }

  /** What is there now, in order. */
  of(partition: number): KeyedRecord[] {
    const now = this.clock();
    this.records = this.records.filter(({ expiresAt }) => expiresAt > now);
    return this.records
      .filter((record) => record.partition === partition)
      .map(({ sequence, key, body }) => ({ sequence, key, body }));
  }

  remove(partition: number, key: string): void {
    this.records = this.records.filter((record) => record.partition !== partition || record.key !== key);
  }

  /** A copy to go back to with {@link restore}. */
  snapshot(): readonly StoredRecord[] {
    return this.records.slice();
  }

  /** Loses what was stored since: what a crash does to a tail that was not written to the disk. */
  restore(records: readonly StoredRecord[]): void {
    this.records = records.slice();
    this.sequence = records.at(-1)?.sequence ?? 0;
  }
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
    return this.records.of(this.partition).find((record) => record.sequence === sequence);
  }

  async read(
    { key, from, until }: { key?: string | undefined; from: number; until: number },
    onRecord: (record: KeyedRecord) => void,
  ): Promise<void> {
    await Promise.resolve();
    for (const record of this.records.of(this.partition)) {
      const wanted = key === undefined || record.key === key;
      if (wanted && record.sequence >= from && record.sequence <= until) onRecord(record);
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
    return this.records.of(this.partition).findLast((record) => record.key === key);
  }
}

/** @throws PayloadTooLargeError */
export function assertFits({ length }: Uint8Array, limit: number): void {
  if (length <= limit) return;
  throw new PayloadTooLargeError(`A record of ${length} bytes is over the limit of ${limit}.`, {
    details: { bytes: length, limit },
  });
}
