import { setImmediate as turn } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { ClosedLoop } from './closed-loop.js';

it('keeps as many runs in flight as it was told, each with an id of its own', async () => {
  const ids = new Set<string>();
  const seen = { now: 0, most: 0 };
  const loop = new ClosedLoop(
    8,
    async (id) => {
      ids.add(id);
      seen.now += 1;
      seen.most = Math.max(seen.most, seen.now);
      await turn();
      seen.now -= 1;
    },
    100,
  );
  await loop.finished();
  expect({ most: seen.most, ids: ids.size, done: loop.done }).toEqual({ most: 8, ids: 100, done: 100 });
});

it('counts what ends after it was told to begin', async () => {
  const loop = new ClosedLoop(1, () => turn(), Infinity);
  while (loop.done < 5) await turn();
  loop.begin();
  while (loop.done < 20) await turn();
  const sample = loop.sample();
  await loop.stop();
  expect(sample.runs).toBeGreaterThanOrEqual(10);
  expect(sample.runs).toBeLessThanOrEqual(15);
  expect(sample.p99Ms).toBeGreaterThanOrEqual(sample.p50Ms);
});

it('keeps the first failure and does not count failed runs', async () => {
  const loop = new ClosedLoop(1, () => Promise.reject(new Error('refused')), 1);
  await loop.finished();
  expect(loop.failure).toContain('refused');
  expect(loop.sample().runs).toBe(0);
});
