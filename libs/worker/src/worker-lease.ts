import type {
  AssignmentKey,
  CoordinatorRequest,
  RegisterWorker,
  WorkerHeartbeat,
  WorkerNotice,
  WorkerWelcome,
} from '@ground-control/protocol';
import { Logger } from '@nestjs/common';
import { Deferred } from './deferred.js';
import { asError } from './failures.js';
import { RoomBroker } from './room-broker.js';
import type { Body, WorkerLink } from './worker-link.js';

/** How long a worker waits for the answer to its registration before it asks again, in milliseconds. */
const REGISTER_TIMEOUT_MS = 5_000;

/** How long it waits after it was refused by its own connection, in milliseconds. */
const REGISTER_RETRY_MS = 500;

/** The lease until the coordinator says another, in milliseconds. */
const FIRST_LEASE_MS = 15_000;

/** Heartbeats in a lease. */
const BEATS_PER_LEASE = 3;

/** What a worker that has a lease does. */
export interface LeaseHolder {
  /** What the worker registers. */
  readonly registration: Omit<RegisterWorker, 'kind' | 'workerId' | 'held'>;
  /** The steps that it holds. */
  readonly held: AssignmentKey[];
  /** The steps that run, in words. */
  describe(): string;
  /** Stops steps that are no longer this worker's. */
  lose(keys: readonly AssignmentKey[], reason: string): void;
}

/**
 * Registers a worker and keeps its lease (invariant 10).
 *
 * 1. It registers, again and again, until a coordinator welcomes it; and anew when one does not know it, or is new.
 * 2. Three times a lease it proves that it lives, and lists what it holds. What a coordinator says it lost, it stops.
 *    Every coordinator hears it, and one answers; what the others have to say comes as a notice.
 * 3. When nobody answered for a whole lease it stops all that it holds: by now that may be another's.
 */
export class WorkerLease {
  private readonly logger = new Logger('Worker');
  private leaseMs = FIRST_LEASE_MS;
  private timer: NodeJS.Timeout | undefined;
  private dueAt = 0;
  private provenAt = 0;
  private registering: AbortController | undefined;
  private isDraining = false;
  private isStopped = false;
  private readonly welcomed = new Deferred<void>();
  private readonly room: RoomBroker;

  constructor(
    private readonly link: WorkerLink,
    private readonly holder: LeaseHolder,
  ) {
    this.room = new RoomBroker(link, holder.registration.capacity);
  }

  /** Resolves at the first welcome: from then on what the worker serves can be started. */
  get registered(): Promise<void> {
    return this.welcomed.promise;
  }

  /** Starts to register; the worker serves once a coordinator has welcomed it. */
  start(): void {
    this.link.onAnnouncement((body) => {
      if (body.kind === 'leader.elected' && this.provenAt > 0) this.register();
    });
    this.register();
  }

  /** Takes what one of several coordinators has to say. */
  notice(coordinator: string, { kind }: WorkerNotice): void {
    if (this.isStopped || this.provenAt === 0) return;
    if (kind === 'worker.unknown') this.register();
    else this.room.want(coordinator);
  }

  /** Says, while steps still run, that no more are taken: what is given back then goes to others. */
  async drain(timeoutMs: number): Promise<void> {
    this.isDraining = true;
    if (this.provenAt > 0 && this.holder.held.length > 0) await this.prove(performance.now(), timeoutMs);
  }

  /** Leaves. What the worker still held would go to others. */
  async stop(timeoutMs: number): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.room.stop();
    this.registering?.abort();
    await this.ask({ kind: 'worker.leave', workerId: this.link.id }, timeoutMs).catch(() => undefined);
  }

  /** Registers with what is held now (1). */
  private register(): void {
    this.registering?.abort();
    const attempt = new AbortController();
    this.registering = attempt;
    void this.tryToRegister(attempt.signal);
  }

  private async tryToRegister(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.isStopped) {
      const sentAt = performance.now();
      const { registration, held } = this.holder;
      const request: RegisterWorker = {
        kind: 'worker.register',
        workerId: this.link.id,
        ...registration,
        held,
        shares: this.room.shares,
      };
      try {
        const reply = await this.ask(request, REGISTER_TIMEOUT_MS, signal);
        if (reply.kind === 'worker.welcome') return this.onWelcome(reply as WorkerWelcome, sentAt);
        this.logger.error(`The coordinator refused this worker: ${JSON.stringify(reply)}`);
        await pause(REGISTER_TIMEOUT_MS);
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn(`Not registered yet: ${asError(error).message}`);
        // A connection that is closed for good refuses at once: without a pause the process would do nothing else.
        await pause(REGISTER_RETRY_MS);
      }
    }
  }

  private onWelcome({ leaseMs, lost, coordinators }: WorkerWelcome, sentAt: number): void {
    if (this.provenAt === 0) this.logger.log(`Registered as ${this.link.id}.`);
    this.leaseMs = leaseMs;
    this.provenAt = Math.max(this.provenAt, sentAt);
    this.holder.lose(lost, 'The coordinator gave the step to another worker.');
    this.room.know(coordinators);
    this.schedule();
    this.welcomed.resolve();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.isStopped) return;
    const delayMs = this.leaseMs / BEATS_PER_LEASE;
    this.dueAt = performance.now() + delayMs;
    this.timer = setTimeout(() => this.beat(), delayMs);
  }

  private beat(): void {
    const now = performance.now();
    this.warnWhenLate(now - this.dueAt);
    if (now - this.provenAt > this.leaseMs) this.expire();
    this.schedule();
    this.room.beat();
    void this.prove(now);
  }

  /** Says that the worker lives, and what it holds (2). */
  private async prove(sentAt: number, timeoutMs: number = this.leaseMs / BEATS_PER_LEASE): Promise<void> {
    const request: WorkerHeartbeat = {
      kind: 'worker.heartbeat',
      workerId: this.link.id,
      held: this.holder.held,
      drains: this.isDraining || undefined,
      shares: this.room.shares,
    };
    try {
      const reply = await this.ask(request, timeoutMs);
      if (this.isStopped) return;
      if (reply.kind === 'worker.unknown') return this.register();
      if (reply.kind !== 'worker.welcome') return;
      this.provenAt = Math.max(this.provenAt, sentAt);
      const { lost, coordinators } = reply as WorkerWelcome;
      this.holder.lose(lost, 'The coordinator gave the step to another worker.');
      this.room.know(coordinators);
    } catch {
      // Nobody answered in time: the next beat is due, and the lease runs (3).
    }
  }

  private expire(): void {
    const { held } = this.holder;
    if (held.length === 0) return;
    this.logger.warn(`No coordinator answered for ${this.leaseMs} ms: ${held.length} steps are stopped.`);
    this.holder.lose(held, 'The worker lost its lease.');
  }

  private warnWhenLate(lateMs: number): void {
    if (lateMs <= this.leaseMs / BEATS_PER_LEASE) return;
    this.logger.warn(
      `The event loop was blocked for ${Math.round(lateMs)} ms of a lease of ${this.leaseMs} ms. ` +
        `Running: ${this.holder.describe() || 'nothing'}.`,
    );
  }

  private ask(request: CoordinatorRequest, timeoutMs: number, signal?: AbortSignal): Promise<Body> {
    return this.link.request({ kind: 'coordinators' }, request, { timeoutMs, ...(signal && { signal }) });
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs).unref();
  });
}
