import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoomLedger } from './room-ledger.js';

/** Gives back at once what is asked back. */
function settle(ledger: RoomLedger): void {
  for (const [peer, share] of ledger.excess) ledger.reduced(peer, share);
  ledger.raise();
}

describe('the room of a worker', () => {
  it('is shared by nobody while there is one coordinator', () => {
    const ledger = new RoomLedger(10);
    ledger.know(['a']);
    expect(ledger.shares).toBeUndefined();
  });

  it('is shared evenly between those that are there first', () => {
    const ledger = new RoomLedger(10);
    ledger.know(['b', 'a', 'c']);
    expect(ledger.shares).toEqual({ a: 4, b: 3, c: 3 });
  });

  it('is all for the last coordinator that is left, and said to be', () => {
    const ledger = new RoomLedger(2);
    ledger.know(['a', 'b', 'c']);
    ledger.know(['c']);
    settle(ledger);
    expect(ledger.shares).toEqual({ c: 2 });
  });

  it('goes to who wants more, but for one step each', () => {
    const ledger = new RoomLedger(10);
    ledger.know(['a', 'b', 'c']);
    ledger.want('b');
    settle(ledger);
    expect(ledger.shares).toEqual({ a: 1, b: 8, c: 1 });
  });

  it('goes in turn to those that want more than there is', () => {
    const ledger = new RoomLedger(1);
    ledger.know(['a', 'b']);
    const holders = [1, 2, 3, 4].map(() => {
      ledger.beat();
      ledger.want('a');
      ledger.want('b');
      settle(ledger);
      return Object.entries(ledger.shares ?? {}).find(([, share]) => share === 1)?.[0];
    });
    expect(holders).toEqual(['b', 'a', 'b', 'a']);
  });

  it('is even again some time after the last one wanted more', () => {
    const ledger = new RoomLedger(10);
    ledger.know(['a', 'b']);
    ledger.want('b');
    settle(ledger);
    ledger.beat();
    ledger.beat();
    settle(ledger);
    expect(ledger.shares).toEqual({ a: 5, b: 5 });
  });

  it('goes to one that joins only once another has given it back', () => {
    const ledger = new RoomLedger(4);
    ledger.know(['a', 'b']);
    ledger.know(['a', 'b', 'c']);
    expect(ledger.raise()).toEqual([]);
    ledger.reduced('b', 1);
    expect(ledger.raise()).toEqual([['c', 1]]);
  });

  it('is never promised twice, whatever comes in which order', () => {
    const peer = constantFrom('a', 'b', 'c', 'd');
    const move = tuple(constantFrom('want', 'know', 'beat', 'reduce', 'raise'), peer, peer);
    assert(
      property(integer({ min: 1, max: 12 }), array(move, { maxLength: 60 }), (capacity, moves) => {
        const ledger = new RoomLedger(capacity);
        ledger.know(['a', 'b']);
        for (const [what, one, other] of moves) {
          if (what === 'want') ledger.want(one);
          if (what === 'know') ledger.know([one, other]);
          if (what === 'beat') ledger.beat();
          if (what === 'reduce')
            for (const [who, share] of ledger.excess) if (who === one) ledger.reduced(who, share);
          if (what === 'raise') ledger.raise();
          const promised = Object.values(ledger.shares ?? {}).reduce((sum, share) => sum + share, 0);
          expect(promised).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });
});
