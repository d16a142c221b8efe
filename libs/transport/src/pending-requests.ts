import { type Address, LimitExceededError, type Message } from '@ground-control/protocol';
import type { Body, ReplyHandler } from './body.js';
import { PendingRequest } from './pending-request.js';
import { resendDelayMs, type ResendSchedule, unservedDelayMs } from './resend-schedule.js';
import { sameAddress } from './same-address.js';
import { SignalWatch } from './signal-watch.js';
import { TICK_MS, TimerWheel } from './timer-wheel.js';

/** How requests are sent. */
export interface RequestCarrier {
  /** Sends the message, or nothing while there is no connection. */
  send(to: Address, message: Message): void;
  /** Whether there is a connection. */
  readonly isUp: boolean;
  /** The turn of the event loop: what is sent twice in one is sent once. */
  readonly turn: number;
}

/** What else a table of requests depends on. */
export interface RequestTableParts {
  /** The error of a request that had no answer within its time. */
  unanswered(request: PendingRequest, waitedMs: number): Error;
  /** The time in milliseconds, of a clock that never goes back. @defaultValue `performance.now` */
  now?: () => number;
}

/** When a request gives up, and what may stop it. */
export interface PendingOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * The requests that are not answered yet.
 *
 * 1. A request keeps its correlation number for as long as it is tried.
 * 2. It ends exactly once: by its first reply, its deadline, its signal, a refusal, or the end of the peer.
 * 3. No request owns a timer: one interval serves all, and rests when there is none.
 *
 * Most requests are answered before they would be sent again. They live in `young`, whose order is that of their first
 * resend, so that only its head is looked at; who stays longer moves to `old` and is scheduled on a wheel.
 */
export class PendingRequests {
  private readonly young = new Map<number, PendingRequest>();
  private readonly old = new Map<number, PendingRequest>();
  private readonly now: () => number;
  private readonly wheel: TimerWheel<PendingRequest>;
  private readonly signals = new SignalWatch<PendingRequest>((request, reason) =>
    this.refuse(request.correlation, reason),
  );
  private unserved: Address[] = [];
  private lastCorrelation = 0;
  private interval: NodeJS.Timeout | undefined;

  constructor(
    private readonly carrier: RequestCarrier,
    private readonly schedule: ResendSchedule,
    private readonly limit: number,
    private readonly parts: RequestTableParts,
  ) {
    this.now = parts.now ?? (() => performance.now());
    this.wheel = new TimerWheel<PendingRequest>(this.now, (request) => this.onDue(request));
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** Sends a request and tells its handler when it ends. */
  start(to: Address, body: Body, options: PendingOptions, handler: ReplyHandler): void {
    if (this.size >= this.limit) return handler.onFailure(this.tooMany());
    if (options.signal?.aborted) return handler.onFailure(options.signal.reason);
    this.lastCorrelation += 1;
    const startedAt = this.now();
    const request = new PendingRequest(
      to,
      [this.lastCorrelation, body],
      startedAt,
      startedAt + options.timeoutMs,
      options.signal,
      handler,
    );
    this.signals.watch(request);
    this.add(request, options.timeoutMs);
  }

  /** Ends a request with its reply. A second reply, or one to nothing, is ignored. */
  settle(correlation: number, reply: Body): void {
    const request = this.take(correlation);
    if (request) request.handler.onReply(reply);
  }

  /** Ends a request that could not be sent. */
  refuse(correlation: number, error: unknown): void {
    const request = this.take(correlation);
    if (request) request.handler.onFailure(error);
  }

  /** Sends again, in the order of their correlation numbers, what was asked of the addresses that match. */
  resend(matches: (to: Address) => boolean): void {
    const requests = this.select(matches);
    requests.sort((one, other) => one.correlation - other.correlation);
    for (const request of requests) this.send(request);
  }

  /** Ends with the error what was asked of the addresses that match. */
  fail(matches: (to: Address) => boolean, error: Error): void {
    for (const request of this.select(matches)) this.refuse(request.correlation, error);
  }

  /** NATS said that nobody listens at the address: what was sent there is tried again soon. */
  markUnserved(address: Address): void {
    // A frame each may be refused, of very many: they are dealt with together, at the next tick.
    if (!this.unserved.some((other) => sameAddress(other, address))) this.unserved.push(address);
  }

  private select(matches: (to: Address) => boolean): PendingRequest[] {
    return [...this.old.values(), ...this.young.values()].filter((request) => matches(request.to));
  }

  private add(request: PendingRequest, timeoutMs: number): void {
    if (timeoutMs > this.schedule.firstMs) this.young.set(request.correlation, request);
    else this.growOld(request, request.deadline);
    this.send(request);
    this.interval ??= setInterval(() => this.tick(), TICK_MS);
  }

  private send(request: PendingRequest): void {
    if (!this.carrier.isUp || request.sentInTurn === this.carrier.turn) return;
    request.sentInTurn = this.carrier.turn;
    request.attempts += 1;
    try {
      this.carrier.send(request.to, request.message);
    } catch (error) {
      this.refuse(request.correlation, error);
    }
  }

  private take(correlation: number): PendingRequest | undefined {
    const request = this.young.get(correlation) ?? this.old.get(correlation);
    if (!request) return undefined;
    this.young.delete(correlation);
    this.old.delete(correlation);
    this.wheel.cancel(request);
    this.signals.unwatch(request);
    return request;
  }

  private tick(): void {
    const now = this.now();
    this.ageYoung(now);
    if (this.unserved.length > 0) this.hastenUnserved(now);
    this.wheel.advance();
    if (this.size === 0 && this.wheel.isEmpty) this.rest();
  }

  private rest(): void {
    clearInterval(this.interval);
    this.interval = undefined;
  }

  private ageYoung(now: number): void {
    const { firstMs, jitter } = this.schedule;
    for (const request of this.young.values()) {
      if (request.startedAt + firstMs > now) return;
      this.growOld(request, now + firstMs * jitter * Math.random());
    }
  }

  private growOld(request: PendingRequest, resendAt: number): void {
    this.young.delete(request.correlation);
    this.old.set(request.correlation, request);
    this.scheduleAt(request, resendAt);
  }

  private scheduleAt(request: PendingRequest, resendAt: number): void {
    request.resendAt = resendAt;
    this.wheel.schedule(request, Math.min(resendAt, request.deadline));
  }

  private onDue(request: PendingRequest): void {
    const now = this.now();
    if (now >= request.deadline) {
      this.refuse(request.correlation, this.parts.unanswered(request, now - request.startedAt));
    } else if (now >= request.resendAt) {
      this.tryAgain(request, now);
    } else {
      this.scheduleAt(request, request.resendAt);
    }
  }

  private tryAgain(request: PendingRequest, now: number): void {
    if (!request.hastened) {
      request.misses = 0;
      request.waits += 1;
    }
    request.hastened = false;
    this.scheduleAt(request, now + resendDelayMs(this.schedule, request.waits, Math.random()));
    this.send(request);
  }

  private hastenUnserved(now: number): void {
    const addresses = this.unserved;
    this.unserved = [];
    for (const requests of [this.old, this.young]) {
      for (const request of requests.values()) {
        if (addresses.some((address) => sameAddress(address, request.to))) this.hasten(request, now);
      }
    }
  }

  private hasten(request: PendingRequest, now: number): void {
    // It was not sent since the last miss: this one was another request's.
    if (request.hastened) return;
    request.hastened = true;
    request.misses += 1;
    this.growOld(request, now + unservedDelayMs(this.schedule, request.misses, Math.random()));
  }

  private tooMany(): LimitExceededError {
    return new LimitExceededError(`${this.limit} requests wait for their replies; no more are taken.`, {
      details: { limit: this.limit },
    });
  }
}
