import { InvalidArgumentError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { date, duration, severalOf } from './parsers.js';

describe('a duration', () => {
  it.each([
    ['250', 250],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['2 days', 172_800_000],
    ['1.5h', 5_400_000],
    ['1h 30m 5s', 5_405_000],
  ])('%s is %d ms', (text, ms) => {
    expect(duration(text)).toBe(ms);
  });

  it.each(['', 'soon', '3 parsecs', '-1s', '1h30', '1h ago'])('is refused when it is %j', (text) => {
    expect(() => duration(text)).toThrow(InvalidArgumentError);
  });
});

describe('a time', () => {
  const now = new Date(2025, 0, 31, 12);
  beforeEach(() => void vi.useFakeTimers({ now }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['2025-01-30T12:00:00Z', new Date('2025-01-30T12:00:00Z')],
    ['now', now],
    ['today', new Date(2025, 0, 31)],
    ['yesterday', new Date(2025, 0, 30)],
    ['2h', new Date(2025, 0, 31, 10)],
    ['2 hours ago', new Date(2025, 0, 31, 10)],
    ['1d12h ago', new Date(2025, 0, 30)],
  ])('may be written as %s', (text, time) => {
    expect(date(text)).toEqual(time);
  });

  it.each(['', 'tomorrow', '12', '2025-99-99'])('is refused when it is %j', (text) => {
    expect(() => date(text)).toThrow(InvalidArgumentError);
  });
});

describe('several of some choices', () => {
  it('are collected over commas and repeats', () => {
    const parse = severalOf(['a', 'b', 'c']);
    expect(parse('c', parse('a,b'))).toEqual(['a', 'b', 'c']);
    expect(() => parse('a,d')).toThrow(InvalidArgumentError);
  });
});
