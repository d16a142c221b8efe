import { describe, expect, it } from 'vitest';

import { geometricMean, median, quantile } from './statistics.js';

describe('quantile', () => {
  it('is the value of the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile([7], 0.99)]).toEqual([50, 99, 7]);
  });

  it('of nothing is no number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

it('takes the median of odd and even counts', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});

it('takes a doubling and a halving for no change on the whole', () => {
  expect(geometricMean([2, 0.5])).toBeCloseTo(1);
});
