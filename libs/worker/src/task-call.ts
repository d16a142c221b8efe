import {
  type Encoded,
  type Operation,
  retryDelayMs,
  StepAbortedError,
  UnencodableValueError,
} from '@ground-control/protocol';
import type { TaskDefinition, TaskMetadata } from '@ground-control/workflow';
import type { CallHost } from './call-host.js';
import { never, rejection } from './deferred.js';
import { digestOf } from './digest.js';
import { errorTypes } from './error-classes.js';
import { asError } from './failures.js';
import type { RecordedCall } from './recorded-calls.js';
import { StepCall } from './step-call.js';
import { TaskAttempt } from './task-attempt.js';
import { Timer } from './timer.js';

/** Runs a task that a step's handler calls, or returns what was recorded of the call. */
export function callTask(
  host: CallHost,
  task: TaskMetadata,
  args: readonly unknown[],
  body: () => unknown,
): Promise<unknown> {
  if (host.isOver) return never();
  try {
    const op = host.nextOp();
    const { definition } = task;
    const plain = host.values.encodePlain(args, `arguments of task ${definition.name}`);
    const digest = digestOf(plain);
    const recorded = host.ask({ op, kind: 'task', name: definition.name, digest, args });
    const call = new TaskCall(host, op, definition, body);
    if (recorded?.settled) call.return(recorded);
    else call.start(recorded, host.values.seal(plain), host.values.seal(digest));
    return call.promise;
  } catch (error) {
    return rejection(error);
  }
}

/**
 * A call of a task.
 *
 * 1. Its outcome is handed over when it is durable, and no body starts before all that the handler has seen is
 *    (invariant 6).
 * 2. What an earlier attempt of the step recorded is not done again; its failed attempts count.
 */
class TaskCall extends StepCall<unknown> {
  private attempt: TaskAttempt | undefined;
  private backOff: Timer | undefined;
  private startedAt = 0;
  private isDone = false;

  constructor(
    host: CallHost,
    op: number,
    private readonly definition: TaskDefinition,
    private readonly body: () => unknown,
  ) {
    super(host, op);
  }

  /** Returns what was recorded (2). */
  return(recorded: RecordedCall): void {
    this.isDone = true;
    this.replay(recorded, () => this.outcomeOf(recorded));
  }

  /** Runs the task: for the first time, or where an earlier attempt of the step left it. */
  start(recorded: RecordedCall | undefined, args: Encoded, digest: Encoded): void {
    this.startedAt = Date.now();
    const { op, startedAt: at } = this;
    if (!recorded || recorded.isRedone) {
      this.host.log.append({ kind: 'task.started', op, at, task: this.definition.name, args, digest });
    }
    const attempt = (recorded?.failedAttempts ?? 0) + 1;
    if (this.host.replay) void this.resume(attempt, recorded?.retryAt ?? 0);
    else this.try(attempt);
  }

  protected stop(reason: Error | undefined): void {
    if (this.isDone) return;
    this.isDone = true;
    this.backOff?.stop();
    this.attempt?.abort(
      reason ?? new StepAbortedError(`The step ended without task ${this.definition.name}.`),
    );
    if (reason) return;
    const durationMs = Date.now() - this.startedAt;
    this.host.log.append({ kind: 'task.cancelled', op: this.op, at: Date.now(), durationMs });
  }

  private async resume(attempt: number, retryAt: number): Promise<void> {
    const live = this.host.replay?.order.whenLive();
    if (live) await live;
    if (retryAt > 0) await this.until(retryAt);
    this.try(attempt);
  }

  private try(attempt: number): void {
    if (this.isClosed) return;
    const { log } = this.host;
    if (log.isDurable) return this.begin(attempt);
    log.whenDurable().then(
      () => this.begin(attempt),
      (error: unknown) => this.onThrown(error, attempt),
    );
  }

  private begin(attempt: number): void {
    if (this.isClosed) return;
    this.attempt = new TaskAttempt(this.host, this.op, attempt);
    try {
      const value = this.attempt.perform(this.definition, this.body);
      const promise = value instanceof Promise ? value : Promise.resolve(value);
      promise.then(
        (result) => this.onReturned(result, attempt),
        (error: unknown) => this.onThrown(error, attempt),
      );
    } catch (error) {
      this.onThrown(error, attempt);
    }
  }

  private onReturned(value: unknown, attempt: number): void {
    if (!this.isClosed) this.complete(value, attempt);
  }

  /** Tries again after a while, unless that was the last attempt. */
  private onThrown(thrown: unknown, attempt: number): void {
    if (this.isClosed) return;
    const error = asError(thrown);
    const delayMs = this.retryDelay(error, attempt);
    if (delayMs === undefined) return this.fail(error, attempt);
    void this.until(this.recordFailedAttempt(error, attempt, delayMs)).then(() => this.try(attempt + 1));
  }

  private complete(value: unknown, attempt: number): void {
    const { values } = this.host;
    try {
      const result = values.encode(value, `result of task ${this.definition.name}`);
      // What a replay returns is decoded; so is this, that both are the same.
      this.finish({ kind: 'task.completed', ...this.ending(), result }, () =>
        isObject(value) ? values.decode(result) : value,
      );
    } catch (error) {
      this.fail(asError(error), attempt);
    }
  }

  private fail(error: Error, attempt: number): void {
    const failed: Operation = {
      kind: 'task.failed',
      ...this.ending(),
      attempt,
      error: this.host.failures.encode(error),
    };
    this.finish(failed, () => {
      throw error;
    });
  }

  private finish(operation: Operation, outcome: () => unknown): void {
    this.isDone = true;
    this.record(operation, outcome);
  }

  private ending(): { op: number; at: number; durationMs: number } {
    const at = Date.now();
    return { op: this.op, at, durationMs: at - this.startedAt };
  }

  private retryDelay(error: Error, attempt: number): number | undefined {
    if (error instanceof UnencodableValueError) return undefined;
    return retryDelayMs(this.definition.retry, attempt, errorTypes(error), Math.random());
  }

  private recordFailedAttempt(error: Error, attempt: number, delayMs: number): number {
    const { log, failures } = this.host;
    const at = Date.now();
    const retryAt = at + delayMs;
    log.append({
      kind: 'task.attempt_failed',
      op: this.op,
      at,
      attempt,
      error: failures.encode(error),
      retryAt,
    });
    log.flush();
    return retryAt;
  }

  private until(time: number): Promise<void> {
    return new Promise((resolve) => {
      this.backOff = new Timer(Math.max(0, time - Date.now()), resolve);
    });
  }

  private outcomeOf({ settled }: RecordedCall): unknown {
    const { values, failures } = this.host;
    if (settled?.kind === 'task.completed') return values.decode(settled.result);
    if (settled?.kind === 'task.failed') throw failures.decode(settled.error);
    throw new StepAbortedError(`Task ${this.definition.name} was cancelled.`);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
