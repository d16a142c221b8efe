import type { JournalEntry } from './journal.js';

/** What a batch takes besides its entries at most, in bytes: its version, term and epoch, and lengths. */
export const BATCH_OVERHEAD_BYTES = 256;

/** The head of anything: a type and a length, or the head of an object. */
const HEAD_BYTES = 10;
/** What a character of a string takes at most. */
const CHARACTER_BYTES = 3;

/**
 * How many bytes an entry takes of a batch, at most: never too few, and near where it is the values that count. A batch
 * whose entries sum up to no more than the journal's `maxBatchBytes` less {@link BATCH_OVERHEAD_BYTES} is not refused.
 */
export function entryBytesAtMost(entry: JournalEntry): number {
  return bytesAtMost(entry);
}

/** How many bytes a part of a message takes, at most. */
export function bytesAtMost(value: unknown): number {
  if (typeof value === 'string') return HEAD_BYTES + CHARACTER_BYTES * value.length;
  if (typeof value !== 'object' || value === null) return HEAD_BYTES;
  if (ArrayBuffer.isView(value)) return HEAD_BYTES + value.byteLength;
  let bytes = HEAD_BYTES;
  if (Array.isArray(value)) {
    for (const item of value) bytes += bytesAtMost(item);
    return bytes;
  }
  for (const key in value) {
    // The names of an object's fields are written once a batch and shape: at most as often as here.
    bytes += HEAD_BYTES + CHARACTER_BYTES * key.length;
    bytes += bytesAtMost((value as Record<string, unknown>)[key]);
  }
  return bytes;
}
