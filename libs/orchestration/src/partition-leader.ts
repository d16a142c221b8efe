import { setTimeout as delay } from 'node:timers/promises';
import { JournalCorruptError, JournalFencedError } from '@ground-control/journal';
import { type AssignmentKey, GroundControlError } from '@ground-control/protocol';
import type { LoggerService } from '@nestjs/common';
import { type Caller, refused } from './caller.js';
import type { LeaderContext } from './leader-context.js';
import { LeaderTerm } from './leader-term.js';
import { MAX_WAITING_REQUESTS, TAKEOVER_RETRY_MS } from './limits.js';
import { absentRun, handleRequest } from './partition-requests.js';
import type { PartitionStorage } from './run-repository.js';

/** What a leader needs besides its context. */
export interface PartitionLeaderOptions {
  context: LeaderContext;
  storage: PartitionStorage;
  logger: LoggerService;
  newEpoch: () => string;
  /** Called when the partition is served, at first and after each recovery. */
  onServing: () => void;
}

/**
 * Leads a partition, one term after the other. A term that fails is dropped whole and the next one recovers from the
 * journal: it never guesses what became of an append, and never repeats one.
 */
export class PartitionLeader {
  private term: LeaderTerm | undefined;
  private stopped = false;
  /** How many requests wait for the runs that they are about. */
  private waiting = 0;
  /** Why the partition is not served any more: its journal is not whole. */
  private quarantine: JournalCorruptError | undefined;
  /** The recoveries that failed since the partition was last served, and why the last one did. */
  private failedRecovery: { tries: number; reason: string } | undefined;
  private loop: Promise<void> = Promise.resolve();
  private termFailed: ((error: unknown) => void) | undefined;

  constructor(private readonly options: PartitionLeaderOptions) {}

  get partition(): number {
    return this.options.context.partition;
  }

  get serving(): boolean {
    return this.term !== undefined;
  }

  /** Why the partition is not served; undefined while it is, and while its first recovery goes on. */
  get trouble(): string | undefined {
    if (this.quarantine) return this.quarantine.message;
    if (!this.failedRecovery) return undefined;
    const { tries, reason } = this.failedRecovery;
    const times = tries === 1 ? 'once' : `${tries} times`;
    return `Partition ${this.partition} is not served: its recovery failed ${times} and is tried again. The last error: ${reason}`;
  }

  /** Begins to lead. @returns when the partition is served for the first time, put into quarantine, or given up */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.loop = this.lead(resolve).finally(resolve);
    });
  }

  /** Stops; what is not durable is never told, and is asked again of the next leader. It may then lead again. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.term?.end();
    this.termFailed?.(undefined);
    await this.loop;
  }

  /**
   * Carries out a request. While the partition is being recovered it is passed over: its sender asks again, at once
   * when the partition is announced. Only who asks about the partition itself is told why it cannot be recovered.
   */
  handle(request: { kind: string }, caller: Caller): void {
    const term = this.term;
    if (this.quarantine) return caller.respond(refused('JOURNAL_CORRUPT', this.quarantine.message));
    if (!term) return this.handleUnserved(request, caller);
    try {
      const absent = absentRun(term, request);
      if (absent) return this.handleLater(absent, request, caller);
      handleRequest(term, request, caller);
    } catch (error) {
      if (error instanceof GroundControlError)
        return caller.respond(refused(error.code, error.message, error.details));
      this.options.logger.error(
        `partition ${this.partition}: ${request.kind} from ${caller.from} failed: ${stackOf(error)}`,
      );
      caller.respond(
        refused('GROUND_CONTROL', `The coordinator failed on ${request.kind}: ${String(error)}`),
      );
    }
  }

  private handleUnserved(request: { kind: string }, caller: Caller): void {
    // Whoever led it before may have been told that it leads no more: then the next leader answers.
    if (request.kind !== 'partition.describe' || !this.options.context.leads()) return;
    if (this.trouble !== undefined) caller.respond(refused('COORDINATOR_UNAVAILABLE', this.trouble));
  }

  /** A request for a run that is not in memory waits until it is; others go on meanwhile. */
  private handleLater(loaded: Promise<void>, request: { kind: string }, caller: Caller): void {
    if (this.waiting >= MAX_WAITING_REQUESTS) {
      const message = `Partition ${this.partition} has ${this.waiting} requests that wait for runs to be read; try again.`;
      return caller.respond(refused('LIMIT_EXCEEDED', message));
    }
    void this.handleLoaded(loaded, request, caller);
  }

  private async handleLoaded(
    loaded: Promise<void>,
    request: { kind: string },
    caller: Caller,
  ): Promise<void> {
    this.waiting += 1;
    try {
      await loaded;
    } catch (error) {
      return caller.respond(
        refused('COORDINATOR_UNAVAILABLE', `The run could not be read: ${String(error)}`),
      );
    } finally {
      this.waiting -= 1;
    }
    this.handle(request, caller);
  }

  /** Makes a checkpoint now, where the partition is served. @returns when it is made, or was given up */
  async checkpoint(): Promise<void> {
    await this.term?.repository.checkpoint();
  }

  /** Whether a worker has lost this attempt; not said while the partition is being recovered. */
  isLost(key: AssignmentKey): boolean {
    return this.term?.isLost(key) ?? false;
  }

  private async lead(onFirst: () => void): Promise<void> {
    let waitMs: number = TAKEOVER_RETRY_MS.first;
    while (!this.stopped) {
      if (!this.options.context.leads()) {
        // oxlint-disable-next-line no-await-in-loop -- until the lease is certain again, or taken away
        await delay(TAKEOVER_RETRY_MS.first);
        continue;
      }
      // oxlint-disable-next-line no-await-in-loop -- one term after the other
      const served = await this.serveOneTerm(onFirst);
      if (this.quarantine || this.stopped) return;
      waitMs = served ? TAKEOVER_RETRY_MS.first : Math.min(waitMs * 2, TAKEOVER_RETRY_MS.most);
      if (!served) this.warnOfRecovery(waitMs);
      // oxlint-disable-next-line no-await-in-loop -- the back-off between two terms
      await delay(waitMs);
    }
  }

  /** @returns whether the term came to serve before it failed */
  private async serveOneTerm(onFirst: () => void): Promise<boolean> {
    const { context, storage, newEpoch, onServing } = this.options;
    const failed = new Promise<unknown>((resolve) => {
      this.termFailed = resolve;
    });
    const term = new LeaderTerm(context, storage, newEpoch(), (error) => this.termFailed?.(error));
    try {
      await term.recover();
    } catch (error) {
      term.end();
      this.noteRecovery(error);
      return false;
    }
    if (this.stopped) {
      term.end();
      return true;
    }
    this.term = term;
    this.failedRecovery = undefined;
    onServing();
    onFirst();
    const error = await failed;
    this.term = undefined;
    if (!this.stopped) this.report(error);
    return true;
  }

  private noteRecovery(error: unknown): void {
    if (error instanceof JournalCorruptError || error instanceof JournalFencedError) {
      this.failedRecovery = undefined;
      return this.report(error);
    }
    this.failedRecovery = { tries: (this.failedRecovery?.tries ?? 0) + 1, reason: String(error) };
    // An error that has no code is a defect, of which the first report should say where it is.
    if (this.failedRecovery.tries > 1 || error instanceof GroundControlError) return;
    this.options.logger.error(`partition ${this.partition} cannot be recovered: ${stackOf(error)}`);
  }

  private warnOfRecovery(waitMs: number): void {
    if (!this.failedRecovery) return;
    const { tries, reason } = this.failedRecovery;
    this.options.logger.warn(
      `partition ${this.partition} is not served: recovery ${tries} failed, the next is in ${waitMs} ms: ${reason}`,
    );
  }

  /** A journal that is not whole is not served: going on would be to lose in silence what it lacks. */
  private report(error: unknown): void {
    if (error instanceof JournalCorruptError) {
      this.quarantine = error;
      this.options.logger.error(`partition ${this.partition} is in quarantine: ${error.message}`);
      return;
    }
    const what =
      error instanceof JournalFencedError
        ? 'another coordinator leads it'
        : 'its journal failed, recovering from it';
    this.options.logger.warn(`partition ${this.partition}: ${what}: ${String(error)}`);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
