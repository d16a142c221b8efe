import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '@ground-control/protocol';
import { CHAIN_START, type ChainLink, digestOf, encodeRecord, JOURNAL_VERSION } from './batch-codec.js';
import { batchOf, shortly } from './journal-world.contract.js';
import { JournalCorruptError } from './journal-errors.js';
import { Replay } from './replay.js';

/** A record that is chained to the one before it. */
type Written = (sequence: number, after: ChainLink) => Uint8Array;

const epoch =
  (name: string, term: number): Written =>
  (_sequence, after) =>
    encodeRecord({ epoch: name, entries: [], term, after });
const record =
  (name: string, term: number, event: string): Written =>
  (_sequence, after) =>
    encodeRecord({ ...batchOf(name, event), term, after });
const bytes =
  (raw: Uint8Array): Written =>
  () =>
    raw;

function written(...records: Written[]): Uint8Array[] {
  let last = CHAIN_START;
  return records.map((write, index) => {
    const encoded = write(index + 1, last);
    last = { sequence: index + 1, digest: digestOf(encoded) };
    return encoded;
  });
}

function replayBytes(records: Uint8Array[], seen?: ChainLink): string[] {
  const replayed: string[] = [];
  const reader = new Replay(3, (sequence, batch) => replayed.push(shortly(sequence, batch)), seen);
  for (const [index, raw] of records.entries()) reader.take(index + 1, raw);
  return replayed;
}

/** What counts of these records, whose first has sequence 1. */
function replay(...records: Written[]): string[] {
  return replayBytes(written(...records));
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

const noEntries: Written = (_sequence, after) =>
  encodeRecord({ term: 1, epoch: 'e1', entries: null as never, after });
const unchained: Written = () =>
  encodeRecord({ term: 1, epoch: 'e1', entries: [], after: { sequence: '' as never, digest: 0 } });

describe('what is corrupt', () => {
  it.each([
    ['bytes that are no message', bytes(new Uint8Array([0x93, 1])), 'cannot be read'],
    ['no bytes at all', bytes(new Uint8Array()), 'cannot be read'],
    ['a message that is no record', bytes(encodeMessage({ a: 1 })), 'no journal record'],
    ['a record of another version', bytes(encodeMessage([1, 1, 'e1', []])), 'format version 1'],
    [
      'a record without a checksum',
      bytes(encodeMessage([JOURNAL_VERSION, 1, 'e1', 0, 0, []])),
      'checksum is wrong',
    ],
    ['a record without a term', record('e1', 'x' as never, 'a'), 'its term, its epoch and its entries'],
    ['a record without entries', noEntries, 'its term, its epoch and its entries'],
    ['a record that names none before it', unchained, 'names the one before it'],
    ['a record of a term that is yet to come', record('e1', 9, 'a'), 'from sequence 9 on'],
    ['a record of another epoch than its term', record('e2', 1, 'a'), 'epoch e2 in the term of epoch e1'],
  ])('is %s', (_what, second, message) => {
    const error = corruptionOf(() => replay(epoch('e1', 1), second));
    expect(error).toMatchObject({ partition: 3, sequence: 2 });
    expect(error.message).toContain('partition 3, sequence 2');
    expect(error.message).toContain(message);
  });

  it('is a journal that does not begin with a term', () => {
    expect(corruptionOf(() => replay(record('e1', 0, 'a')))).toMatchObject({ sequence: 1 });
  });

  it('is a gap, at its beginning', () => {
    const reader = new Replay(3, () => {});
    const [first, , third] = written(epoch('e1', 1), record('e1', 1, 'a'), record('e1', 1, 'b'));
    reader.take(1, first ?? new Uint8Array());
    expect(corruptionOf(() => reader.take(3, third ?? new Uint8Array()))).toMatchObject({ sequence: 2 });
  });
});

describe('the chain', () => {
  const journal = (): Uint8Array[] =>
    written(epoch('e1', 1), record('e1', 1, 'a'), record('e1', 1, 'b'), epoch('e2', 4), record('e2', 4, 'c'));

  it('finds every flipped bit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (where, which) => {
        const records = journal();
        const flipped = records[which % records.length] ?? new Uint8Array();
        const bit = where % (flipped.length * 8);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        corruptionOf(() => replayBytes(records));
      }),
    );
  });

  it('finds a record in the place of another, whole as it is', () => {
    const records = journal();
    const other = written(epoch('e1', 1), record('e1', 1, 'other'));
    const forged = [...records.slice(0, 1), ...other.slice(1), ...records.slice(2)];
    expect(corruptionOf(() => replayBytes(forged)).sequence).toBe(3);
  });

  it('finds that a term began on other records than lie before it', () => {
    const later = written(epoch('e1', 1), record('e1', 1, 'a'), record('e1', 1, 'lost'), epoch('e2', 4));
    const forged = [...journal().slice(0, 3), ...later.slice(3)];
    expect(corruptionOf(() => replayBytes(forged)).sequence).toBe(4);
  });

  it('lets a term begin behind records that its writer did not know', () => {
    const records = written(epoch('e1', 1), record('e1', 1, 'a'));
    const after = { sequence: 1, digest: digestOf(records[0] ?? new Uint8Array()) };
    const late = encodeRecord({ term: 3, epoch: 'e2', entries: [], after });
    expect(replayBytes([...records, late])).toEqual(['1 e1', '2 e1 a', '3 e2']);
  });

  it.each([
    ['a term that begins after itself', 3, 3],
    ['a record that skips the one before it', 1, 1],
  ])('refuses %s', (_what, term, follows) => {
    const records = written(epoch('e1', 1), record('e1', 1, 'a'));
    const after = { sequence: follows, digest: digestOf(records[follows - 1] ?? new Uint8Array()) };
    const third = encodeRecord({ term, epoch: term === 1 ? 'e1' : 'e2', entries: [], after });
    expect(corruptionOf(() => replayBytes([...records, third])).message).toContain(
      `follow sequence ${follows}`,
    );
  });

  it('finds that a record which was seen is not there any more', () => {
    const records = journal();
    expect(
      replayBytes(records, { sequence: 3, digest: digestOf(records[2] ?? new Uint8Array()) }),
    ).toHaveLength(5);
    expect(corruptionOf(() => replayBytes(records, { sequence: 3, digest: 7 })).sequence).toBe(3);
  });
});
