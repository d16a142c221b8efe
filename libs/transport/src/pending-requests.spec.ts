import type { Address, Message } from '@ground-control/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Body } from './body.js';
import { PendingRequests } from './pending-requests.js';
import { DEFAULT_RESEND_SCHEDULE } from './resend-schedule.js';
import { TICK_MS } from './timer-wheel.js';

const PARTITION: Address = { kind: 'partition', partition: 1 };
const OTHER: Address = { kind: 'partition', partition: 2 };
const BODY: Body = { kind: 'test' };
const schedule = { ...DEFAULT_RESEND_SCHEDULE, jitter: 0 };

class Carrier {
  isUp = true;
  turn = 1;
  sent: number[] = [];
  refusal: Error | undefined;

  send(_to: Address, [correlation]: Message): void {
    if (this.refusal) throw this.refusal;
    this.sent.push(correlation);
  }

  /** What was sent since the last call; what comes is of another turn. */
  take(): number[] {
    this.turn += 1;
    return this.sent.splice(0);
  }
}

let carrier: Carrier;
let requests: PendingRequests;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  carrier = new Carrier();
  requests = new PendingRequests(carrier, schedule, 100, {
    unanswered: (request, waitedMs) => new Error(`${request.correlation} after ${Math.round(waitedMs)} ms`),
  });
});

afterEach(() => {
  vi.useRealTimers();
});

function ask(options: { to?: Address; timeoutMs?: number; signal?: AbortSignal } = {}): Promise<Body> {
  const { to = PARTITION, timeoutMs = 60_000, signal } = options;
  return new Promise((resolve, reject) => {
    requests.start(to, BODY, { timeoutMs, signal }, { onReply: resolve, onFailure: reject });
  });
}

/** Lets the time pass, and says when which request was sent. */
function sendsWithin(ms: number): [atMs: number, correlation: number][] {
  const sends: [number, number][] = [];
  for (let passed = TICK_MS; passed <= ms; passed += TICK_MS) {
    vi.advanceTimersByTime(TICK_MS);
    for (const correlation of carrier.take()) sends.push([passed, correlation]);
  }
  return sends;
}

describe('a request', () => {
  it('resolves with its first reply and ignores a second', async () => {
    const reply = ask();
    requests.settle(1, { kind: 'first' });
    requests.settle(1, { kind: 'second' });
    await expect(reply).resolves.toEqual({ kind: 'first' });
    expect(requests.size).toBe(0);
  });

  it('ignores the reply to a number that nobody asked under', () => {
    requests.settle(77, { kind: 'stray' });
    expect(requests.size).toBe(0);
  });

  it('is sent again under its number, with back-off, until it is answered', () => {
    void ask({ timeoutMs: Infinity });
    expect(carrier.take()).toEqual([1]);
    const waits = sendsWithin(60_000).map(([atMs], index, all) => atMs - (all[index - 1]?.[0] ?? 0));
    const expected = [1_000, 2_000, 4_000, 5_000, 5_000, 10_000, 10_000, 10_000, 10_000];
    expect(waits).toHaveLength(expected.length);
    for (const [index, wait] of waits.entries()) {
      expect(Math.abs(wait - (expected[index] ?? 0))).toBeLessThanOrEqual(2 * TICK_MS);
    }
    requests.settle(1, BODY);
    expect(sendsWithin(60_000)).toEqual([]);
  });

  it('rejects after its timeout with the error of its table', async () => {
    const ends = Promise.allSettled([ask({ timeoutMs: 200 }), ask({ timeoutMs: 3_000 })]);
    sendsWithin(3_100);
    expect(await ends).toEqual([
      {
        status: 'rejected',
        reason: expect.objectContaining({ message: expect.stringMatching(/1 after 2\d\d ms/) }),
      },
      {
        status: 'rejected',
        reason: expect.objectContaining({ message: expect.stringMatching(/2 after 30\d\d ms/) }),
      },
    ]);
    expect(requests.size).toBe(0);
  });

  it('rejects with the reason of its signal, before and while it waits', async () => {
    const signal = AbortSignal.abort(new Error('before'));
    await expect(ask({ signal })).rejects.toThrow('before');
    expect(carrier.take()).toEqual([]);
    const controller = new AbortController();
    const waiting = ask({ signal: controller.signal });
    controller.abort(new Error('while'));
    expect(carrier.take()).toEqual([1]);
    await expect(waiting).rejects.toThrow('while');
    expect(sendsWithin(10_000)).toEqual([]);
  });

  it('rejects when it cannot be sent, at first or again', async () => {
    const again = ask();
    carrier.take();
    carrier.refusal = new Error('refused');
    await expect(ask()).rejects.toThrow('refused');
    vi.advanceTimersByTime(1_200);
    await expect(again).rejects.toThrow('refused');
    carrier.refusal = undefined;
    expect(sendsWithin(20_000)).toEqual([]);
  });

  it('rejects when the limit of pending requests is reached', async () => {
    for (let index = 0; index < 100; index++) void ask();
    await expect(ask()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 100 } });
  });
});

describe('without a connection', () => {
  it('nothing is sent, and everything once in the order of the numbers when it is back', () => {
    carrier.isUp = false;
    for (let index = 0; index < 3; index++) void ask();
    expect(sendsWithin(5_000)).toEqual([]);
    void ask();
    carrier.isUp = true;
    requests.resend(() => true);
    requests.resend(() => true);
    expect(carrier.take()).toEqual([1, 2, 3, 4]);
  });
});

describe('when nobody listens', () => {
  it('tries again soon, at growing distances', () => {
    void ask();
    const sends = [];
    for (let miss = 0; miss < 4; miss++) {
      carrier.take();
      requests.markUnserved(PARTITION);
      vi.advanceTimersByTime(TICK_MS);
      const [first] = sendsWithin(900);
      sends.push(first?.[0]);
    }
    expect(sends).toEqual([100, 200, 400, 800]);
  });

  it('leaves requests to other addresses alone', () => {
    void ask({ to: OTHER });
    carrier.take();
    requests.markUnserved(PARTITION);
    expect(sendsWithin(900)).toEqual([]);
  });

  it('does not put off one request for the misses of others', () => {
    void ask();
    carrier.take();
    const sends: number[] = [];
    for (let passed = 0; passed < 300; passed += TICK_MS) {
      requests.markUnserved(PARTITION);
      vi.advanceTimersByTime(TICK_MS);
      sends.push(...carrier.take());
    }
    expect(sends.length).toBeGreaterThan(0);
  });
});

describe('the table', () => {
  it('sends again at once what matches an address', () => {
    void ask();
    void ask({ to: OTHER });
    void ask();
    carrier.take();
    requests.resend((to) => to.kind === 'partition' && to.partition === 1);
    expect(carrier.take()).toEqual([1, 3]);
  });

  it('sends a request once in a turn, however often it is asked to', () => {
    void ask();
    requests.resend(() => true);
    expect(carrier.take()).toEqual([1]);
  });

  it('rests its interval when nothing is pending', () => {
    void ask();
    expect(vi.getTimerCount()).toBe(1);
    requests.settle(1, BODY);
    vi.advanceTimersByTime(2 * TICK_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails what matches an address with one error', async () => {
    const both = Promise.allSettled([ask(), ask({ timeoutMs: 100 })]);
    void ask({ to: OTHER });
    requests.fail((to) => to === PARTITION, new Error('closed'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(requests.size).toBe(1);
  });

  it('listens once to a signal that many requests share, and lets go of it with the last', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const first = [ask({ signal }), ask({ signal })];
    requests.settle(1, BODY);
    expect(removed).not.toHaveBeenCalled();
    requests.settle(2, BODY);
    await Promise.all(first);
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
    const second = Promise.allSettled([ask({ signal }), ask({ signal })]);
    controller.abort('over');
    expect(await second).toEqual([
      { status: 'rejected', reason: 'over' },
      { status: 'rejected', reason: 'over' },
    ]);
  });
});
