import { decodeMessage, encodeMessage } from '@ground-control/protocol';
import type { JournalBatch, JournalEntry } from './journal.js';

/** The version of the journal's format: the first element of every message. */
export const JOURNAL_VERSION = 1;

/** A batch as it lies in the journal. */
export interface JournalRecord extends JournalBatch {
  /** The sequence of the message that began the term: equal to the record's own sequence for that message. */
  term: number;
}

/** Encodes a record as `[version, term, epoch, entries]`. */
export function encodeRecord(record: JournalRecord): Uint8Array {
  return encodeMessage([JOURNAL_VERSION, record.term, record.epoch, record.entries]);
}

/** @throws Error saying what is wrong, when the bytes are no record of this version */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  const record = decodeMessage(bytes);
  if (!Array.isArray(record)) throw new Error('the message is no journal record');
  const [version, term, epoch, entries] = record as unknown[];
  if (version !== JOURNAL_VERSION) {
    throw new Error(`format version ${String(version)}, this release reads ${JOURNAL_VERSION}`);
  }
  if (!Number.isSafeInteger(term) || typeof epoch !== 'string' || !Array.isArray(entries)) {
    throw new Error('a journal record holds its term, its epoch and its entries');
  }
  return { term: term as number, epoch, entries: entries as JournalEntry[] };
}
