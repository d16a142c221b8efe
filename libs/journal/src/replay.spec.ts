import { describe, expect, it } from 'vitest';
import { encodeMessage } from '@ground-control/protocol';
import { encodeRecord } from './batch-codec.js';
import { batchOf, shortly } from './journal-world.contract.js';
import { JournalCorruptError } from './journal-errors.js';
import { Replay } from './replay.js';

const epoch = (name: string, term: number): Uint8Array => encodeRecord({ epoch: name, entries: [], term });
const record = (name: string, term: number, event: string): Uint8Array =>
  encodeRecord({ ...batchOf(name, event), term });

/** What counts of these records, whose first has sequence 1. */
function replay(...records: Uint8Array[]): string[] {
  const replayed: string[] = [];
  const reader = new Replay(3, (sequence, batch) => replayed.push(shortly(sequence, batch)));
  for (const [index, bytes] of records.entries()) reader.take(index + 1, bytes);
  return replayed;
}

function corruptionOf(action: () => unknown): { partition: number; sequence: number; message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof JournalCorruptError) return error;
  }
  throw new Error('not found to be corrupt');
}

describe('what counts', () => {
  it('is every record of a term without a break', () => {
    const records = [epoch('e1', 1), record('e1', 1, 'a'), epoch('e2', 3), record('e2', 3, 'b')];
    expect(replay(...records)).toEqual(['1 e1', '2 e1 a', '3 e2', '4 e2 b']);
  });

  it('is no record of a term that another one has ended', () => {
    const records = [epoch('e1', 1), epoch('e2', 2), record('e1', 1, 'late'), epoch('e3', 4)];
    expect(replay(...records)).toEqual(['1 e1', '2 e2', '4 e3']);
  });

  it('is no record behind a break in its term', () => {
    const records = [epoch('e1', 1), epoch('e2', 2), record('e1', 1, 'late'), record('e2', 2, 'behind')];
    expect(replay(...records, epoch('e3', 5), record('e3', 5, 'a'))).toEqual([
      '1 e1',
      '2 e2',
      '5 e3',
      '6 e3 a',
    ]);
  });

  it('tells terms of one epoch apart', () => {
    expect(replay(epoch('e', 1), epoch('e', 2), record('e', 1, 'late'))).toEqual(['1 e', '2 e']);
  });
});

describe('what is corrupt', () => {
  it.each([
    ['bytes that are no message', new Uint8Array([0x93, 1]), 'cannot be read'],
    ['a message that is no record', encodeMessage({ a: 1 }), 'no journal record'],
    ['a record of a later version', encodeMessage([2, 1, 'e1', []]), 'format version 2'],
    ['a record without a term', encodeMessage([1, 'x', 'e1', []]), 'its term, its epoch and its entries'],
    ['a record without entries', encodeMessage([1, 1, 'e1', null]), 'its term, its epoch and its entries'],
    ['a record of a term that is yet to come', record('e1', 9, 'a'), 'from sequence 9 on'],
    ['a record of another epoch than its term', record('e2', 1, 'a'), 'epoch e2 in the term of epoch e1'],
  ])('is %s', (_what, bytes, message) => {
    const error = corruptionOf(() => replay(epoch('e1', 1), bytes));
    expect(error).toMatchObject({ partition: 3, sequence: 2 });
    expect(error.message).toContain('partition 3, sequence 2');
    expect(error.message).toContain(message);
  });

  it('is a journal that does not begin with a term', () => {
    expect(corruptionOf(() => replay(record('e1', 0, 'a')))).toMatchObject({ sequence: 1 });
  });

  it('is a gap, at its beginning', () => {
    const reader = new Replay(3, () => {});
    reader.take(1, epoch('e1', 1));
    expect(corruptionOf(() => reader.take(3, record('e1', 1, 'b')))).toMatchObject({ sequence: 2 });
  });
});
