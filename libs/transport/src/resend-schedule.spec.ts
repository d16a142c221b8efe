import { describe, expect, it } from 'vitest';
import { DEFAULT_RESEND_SCHEDULE, resendDelayMs, unservedDelayMs } from './resend-schedule.js';

const NO_JITTER = 0.5;

describe('the wait for a reply', () => {
  it('doubles from 1 s to 5 s, and is 10 s once it has become a long wait', () => {
    const delays = [1, 2, 3, 4, 5, 6, 100].map((wait) =>
      resendDelayMs(DEFAULT_RESEND_SCHEDULE, wait, NO_JITTER),
    );
    expect(delays).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 10_000, 10_000]);
  });

  it('varies by the jitter', () => {
    expect(resendDelayMs(DEFAULT_RESEND_SCHEDULE, 1, 0)).toBe(800);
    expect(resendDelayMs(DEFAULT_RESEND_SCHEDULE, 1, 0.999_999)).toBeCloseTo(1_200);
  });
});

describe('the wait after a miss', () => {
  it('doubles from 100 ms to 5 s, however many there were', () => {
    const delays = [1, 2, 3, 6, 7, 5_000].map((miss) =>
      unservedDelayMs(DEFAULT_RESEND_SCHEDULE, miss, NO_JITTER),
    );
    expect(delays).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
  });
});
