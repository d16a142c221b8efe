import { expect, it } from 'vitest';

import { ENGINE_NAMES } from './engines/engine.js';
import { parseOptions, UsageError } from './options.js';
import { WORKLOADS } from './workloads.js';

it('measures everything unless told otherwise', () => {
  expect(parseOptions([])).toMatchObject({
    peers: ENGINE_NAMES,
    workloads: WORKLOADS,
    seconds: 10,
    warmupSeconds: 5,
    concurrency: 256,
    rounds: 2,
    json: false,
  });
});

it('takes what it is told', () => {
  const args = '--peers ground-control,restate --workloads W1,W2 --seconds 0.5 --concurrency 8 --json'.split(
    ' ',
  );
  expect(parseOptions(args)).toMatchObject({
    peers: ['ground-control', 'restate'],
    workloads: ['W1', 'W2'],
    seconds: 0.5,
    concurrency: 8,
    json: true,
  });
});

it.each([
  ['--peers', 'temporal'],
  ['--workloads', 'W10'],
  ['--seconds', '0'],
  ['--concurrency', '1.5'],
  ['--unknown', '1'],
])('refuses %s %s', (...args) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
});
