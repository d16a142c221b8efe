import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Timer } from './timer.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const DAY_MS = 24 * 60 * 60 * 1000;

describe('a timer', () => {
  it('may be longer than setTimeout can be', () => {
    const callback = vi.fn<() => void>();
    const timer = new Timer(60 * DAY_MS, callback);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
    timer.stop();
  });

  it('is not early when the event loop is', () => {
    const callback = vi.fn<() => void>();
    const began = performance.now();
    const timer = new Timer(100, callback);
    const clock = vi.spyOn(performance, 'now').mockReturnValue(began + 90);
    vi.advanceTimersByTime(100);
    expect(callback).not.toHaveBeenCalled();
    clock.mockReturnValue(began + 100);
    vi.advanceTimersByTime(10);
    expect(callback).toHaveBeenCalledOnce();
    timer.stop();
  });

  it('does nothing once it is stopped', () => {
    const callback = vi.fn<() => void>();
    new Timer(5, callback).stop();
    vi.advanceTimersByTime(10);
    expect(callback).not.toHaveBeenCalled();
  });
});
