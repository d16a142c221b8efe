import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TimerQueue } from './timer-queue.js';

describe('TimerQueue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('wakes for every id once, in the order of time and never early', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 60 }), (times) => {
        const start = Date.now();
        const woken: [string, number][] = [];
        const queue = new TimerQueue(Date.now, (ids) =>
          woken.push(...ids.map((id): [string, number] => [id, Date.now()])),
        );
        for (const [index, time] of times.entries()) queue.arm(`${index}`, start + time);
        vi.advanceTimersByTime(1_001);
        expect(woken.map(([id]) => id).toSorted()).toEqual(times.map((_, index) => `${index}`).toSorted());
        for (const [id, at] of woken) expect(at).toBeGreaterThanOrEqual(start + (times[Number(id)] ?? 0));
        const due = woken.map(([id]) => times[Number(id)] ?? 0);
        expect(due).toEqual(due.toSorted((a, b) => a - b));
      }),
    );
  });

  it('waits longer than one Node timer can', () => {
    const woken: string[] = [];
    const queue = new TimerQueue(Date.now, (ids) => woken.push(...ids));
    const month = 30 * 24 * 3_600_000;
    queue.arm('a', Date.now() + month);
    vi.advanceTimersByTime(month - 1);
    expect(woken).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(woken).toEqual(['a']);
  });

  it('notices within a minute that the clock was put forward', () => {
    const woken: string[] = [];
    const queue = new TimerQueue(Date.now, (ids) => woken.push(...ids));
    queue.arm('a', Date.now() + 3_600_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(60_000);
    expect(woken).toEqual(['a']);
  });
});
