import { describe, expect, it } from 'vitest';

import { durationText, relativeText } from './time-text.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('durationText', () => {
  it.each([
    [0, '0ms'],
    [80.4, '80ms'],
    [1_000, '1s'],
    [1_249, '1.2s'],
    [9_999, '9.9s'],
    [12 * SECOND + 700, '12s'],
    [5 * MINUTE, '5m'],
    [5 * MINUTE + 10 * SECOND, '5m 10s'],
    [HOUR + 59 * SECOND, '1h'],
    [3 * DAY + 4 * HOUR + 5 * MINUTE, '3d 4h'],
    [400 * DAY, '400d'],
  ])('%d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('relativeText', () => {
  const now = Date.parse('2025-01-31T12:00:00Z');
  it.each([
    [0, 'now'],
    [-999, 'now'],
    [-61 * SECOND, '1m ago'],
    [-25 * HOUR, '1d ago'],
    [90 * SECOND, 'in 1m'],
    [2 * DAY, 'in 2d'],
  ])('%d ms from now is %s', (distance, text) => {
    expect(relativeText(new Date(now + distance), now)).toBe(text);
  });
});
