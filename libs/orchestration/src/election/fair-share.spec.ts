import { array, assert, constantFrom, integer, option, property, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairShare } from './fair-share.js';

const plain = (shares: Map<string, number[]>): Record<string, number[]> => Object.fromEntries(shares);

describe('the share of each coordinator', () => {
  it('is everything for a lone one', () => {
    expect(plain(fairShare(4, ['a'], () => undefined))).toEqual({ a: [0, 1, 2, 3] });
  });

  it('is nothing where nobody may lead', () => {
    expect(plain(fairShare(4, [], () => 'a'))).toEqual({});
  });

  it('moves to one that joins only what makes it even', () => {
    expect(plain(fairShare(4, ['a', 'b'], () => 'a'))).toEqual({ a: [0, 1], b: [2, 3] });
  });

  it('leaves the others what they have when one goes', () => {
    const holders = ['a', 'b', 'c', 'a', 'b', 'c'];
    const shares = plain(fairShare(6, ['a', 'c'], (partition) => holders[partition]));
    expect(shares).toEqual({ a: [0, 3, 1], c: [2, 5, 4] });
  });

  it('is even, whole and without overlap, and moves nothing once it is even', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    assert(
      property(
        uniqueArray(constantFrom(...names), { minLength: 1 }),
        array(option(constantFrom(...names), { nil: undefined }), { minLength: 1, maxLength: 20 }),
        integer({ min: 1, max: 20 }),
        (members, holders, partitions) => {
          const shares = fairShare(partitions, members, (partition) => holders[partition]);
          const all = [...shares.values()].flat().toSorted((one, other) => one - other);
          expect(all).toEqual(Array.from({ length: partitions }, (_, partition) => partition));
          const sizes = [...shares.values()].map(({ length }) => length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          const holder = (partition: number): string | undefined =>
            [...shares].find(([, share]) => share.includes(partition))?.[0];
          const again = fairShare(partitions, members.toReversed(), holder);
          for (const [member, share] of shares) expect(new Set(again.get(member))).toEqual(new Set(share));
        },
      ),
    );
  });
});
