import { expect, it } from 'vitest';

import { backOffMs } from './back-off.js';

it('doubles from 100 ms and stays at 10 s', () => {
  expect([1, 2, 3, 7, 8, 100, 1_000_000].map(backOffMs)).toEqual([
    100, 200, 400, 6_400, 10_000, 10_000, 10_000,
  ]);
});
