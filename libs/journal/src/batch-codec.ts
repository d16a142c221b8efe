import { crc32 } from 'node:zlib';
import { decodeMessage, encodeMessage } from '@ground-control/protocol';
import type { JournalBatch, JournalEntry } from './journal.js';

/** The version of the journal's format: the first element of every message. */
export const JOURNAL_VERSION = 3;

/** A place in a journal, by what lies there: where the next record is chained to. */
export interface ChainLink {
  /** 0 before the first record. */
  sequence: number;
  /** The {@link digestOf} the record with this sequence, 0 when there is none. */
  digest: number;
}

/** Where the chain of a journal begins. */
export const CHAIN_START: ChainLink = { sequence: 0, digest: 0 };

/** A batch as it lies in the journal. */
export interface JournalRecord extends JournalBatch {
  /** The sequence of the message that began the term: equal to the record's own sequence for that message. */
  term: number;
  /** The record that its writer knew to come before it: the one just before, but for the first of a term. */
  after: ChainLink;
}

const CHECKSUM_BYTES = 4;
/** Stands where the checksum goes: encoded as a byte that says so and four bytes. */
const CHECKSUM_PLACEHOLDER = 0xff_ff_ff_ff;

/** Encodes a record as `[version, term, epoch, sequence and digest of the one before, entries, checksum]`. */
export function encodeRecord({ term, epoch, after, entries }: JournalRecord): Uint8Array {
  const { sequence, digest } = after;
  const bytes = encodeMessage([
    JOURNAL_VERSION,
    term,
    epoch,
    sequence,
    digest,
    entries,
    CHECKSUM_PLACEHOLDER,
  ]);
  checksumView(bytes).setUint32(0, checksumOf(bytes));
  return bytes;
}

/**
 * What a record is known by: its checksum, which covers the digest of the record before it and so all that came
 * before.
 */
export function digestOf(record: Uint8Array): number {
  return record.length < CHECKSUM_BYTES ? 0 : checksumView(record).getUint32(0);
}

/** @throws Error saying what is wrong, when the bytes are no record of this version, or not those that were written */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  const intact = digestOf(bytes) === checksumOf(bytes);
  const record = decodeMessage(bytes, { copyValues: true });
  if (!Array.isArray(record)) throw new Error('the message is no journal record');
  const [version, term, epoch, sequence, digest, entries] = record as unknown[];
  if (version !== JOURNAL_VERSION) {
    throw new Error(`format version ${String(version)}, this release reads ${JOURNAL_VERSION}`);
  }
  if (!intact) throw new Error('its checksum is wrong: these are not the bytes that were written');
  if (!isNumber(term) || typeof epoch !== 'string' || !Array.isArray(entries)) {
    throw new Error('a journal record holds its term, its epoch and its entries');
  }
  if (!isNumber(sequence) || !isNumber(digest)) throw new Error('a journal record names the one before it');
  return { term, epoch, after: { sequence, digest }, entries: entries as JournalEntry[] };
}

function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes.subarray(0, -CHECKSUM_BYTES));
}

function checksumView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - CHECKSUM_BYTES, CHECKSUM_BYTES);
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
