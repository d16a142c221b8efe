import {
  type Assignment,
  type AssignmentKey,
  LimitExceededError,
  type Operation,
  type RunInfo,
  StepAbortedError,
  type StepOutcome,
  StepTimeoutError,
  type ValueCodec,
} from '@ground-control/protocol';
import {
  type NextBuilder,
  runAsStep,
  type StepInfo,
  type TaskMetadata,
  type TaskRunner,
} from '@ground-control/workflow';
import type { LoggerService } from '@nestjs/common';
import type { OpenCall } from './call-host.js';
import { Deliveries } from './deliveries.js';
import { asError, type Failures } from './failures.js';
import type { HeldRun } from './held-run.js';
import { LazyAbort } from './lazy-abort.js';
import { type LogOwner, OperationLog, type Settled } from './operation-log.js';
import type { RecordedCall } from './recorded-calls.js';
import { ReplayLogger } from './replay-logger.js';
import { type AskedCall, Replay, type ReplayBounds, type ReplayHost } from './replay.js';
import type { RunLinks } from './run-links.js';
import type { ServedHandler, ServedWorkflow } from './served-workflow.js';
import { type ContextHost, StepContext } from './step-context.js';
import { inputOf } from './step-input.js';
import { decisionOf, endedBy, failureOf } from './step-outcome.js';
import { type ReportReply, StepReporter } from './step-reporter.js';
import type { StepServices } from './step-services.js';
import { StepStore } from './step-store.js';
import { callTask } from './task-call.js';
import { Timer } from './timer.js';

/** The most calls (tasks, values, sleeps, children, events) of one step: what is recorded of them travels as a whole. */
export const MAX_STEP_CALLS = 20_000;

/** The last date there is: the deadline of a step without a timeout. */
const NO_DEADLINE_MS = 8.64e15;

/** Gets the step that follows on this worker, if any. */
export type OnStepEnded = (next: Assignment | undefined) => void;

/**
 * One attempt of a step on this worker, from its assignment to the reply to its result.
 *
 * 1. It ends once: by its handler's outcome, or by being taken away (its lease lost, aborted, timed out, replaced).
 * 2. After its end no call of its handler is answered and nothing is recorded any more.
 * 3. What was taken away reports nothing (invariant 5); what is given back says so, with what was recorded.
 */
export class RunningStep implements ContextHost, TaskRunner, LogOwner, ReplayHost {
  readonly log: OperationLog;
  readonly deliveries: Deliveries = new Deliveries();
  readonly replay: Replay | undefined;
  readonly open: OpenCall[] = [];
  readonly store: StepStore;
  isOver = false;
  private readonly reporter: StepReporter;
  private readonly abortion = new LazyAbort();
  private onEnded: OnStepEnded | undefined;
  private timer: Timer | undefined;
  private calls = 0;
  private isDropped = false;
  private isCancelRequested: boolean;
  private isCancelSeen = false;
  private replayLogger: ReplayLogger | undefined;

  constructor(
    private readonly assignment: Assignment,
    private readonly heldRun: HeldRun,
    private readonly workflow: ServedWorkflow,
    private readonly handler: ServedHandler,
    private readonly services: StepServices,
  ) {
    const { operations } = assignment;
    this.reporter = new StepReporter(assignment, services);
    this.isCancelRequested = assignment.cancelRequested === true;
    this.log = new OperationLog(operations.length, this);
    const { bounds } = services;
    this.replay = operations.length > 0 || bounds ? new Replay(operations, this, bounds) : undefined;
    this.store = new StepStore(heldRun.store, services.values);
  }

  // ---- what it is -------------------------------------------------------------------------------------------------

  get key(): AssignmentKey {
    const { partition, runId, stepSeq, attempt } = this.assignment;
    return { partition, runId, stepSeq, attempt };
  }

  get runId(): string {
    return this.assignment.runId;
  }

  get stepSeq(): number {
    return this.assignment.stepSeq;
  }

  get attempt(): number {
    return this.assignment.attempt;
  }

  /** The step's name. */
  get step(): string {
    return this.assignment.step;
  }

  get runInfo(): RunInfo {
    return this.heldRun.info(this.step, this.attempt);
  }

  get stepInfo(): StepInfo {
    const { step: name, attempt, deadline } = this.assignment;
    return { name, attempt, deadline: new Date(deadline ?? NO_DEADLINE_MS) };
  }

  get values(): ValueCodec {
    return this.services.values;
  }

  get failures(): Failures {
    return this.services.failures;
  }

  get runs(): RunLinks {
    return this.services.runs;
  }

  get next(): NextBuilder {
    return this.workflow.next;
  }

  get logger(): LoggerService {
    const isReplaying = (): boolean => this.replay?.isReplaying === true;
    return (this.replayLogger ??= new ReplayLogger(this.workflow.className, isReplaying));
  }

  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  /** Once it is read as true that is recorded: a replay must read the same. */
  get cancelRequested(): boolean {
    const recorded = this.replay?.sawCancel(this.calls);
    if (recorded !== undefined) return recorded;
    if (this.isCancelRequested && !this.isCancelSeen) {
      this.isCancelSeen = true;
      const outcomes = this.deliveries.count;
      this.log.append({ kind: 'cancel.seen', op: this.calls, at: Date.now(), outcomes });
    }
    return this.isCancelRequested;
  }

  // ---- its calls --------------------------------------------------------------------------------------------------

  nextOp(): number {
    if (this.calls < MAX_STEP_CALLS) return this.calls++;
    throw new LimitExceededError(
      `Step ${this.step} made ${MAX_STEP_CALLS} calls, which is the limit. Divide its work among several steps.`,
      { details: { limit: MAX_STEP_CALLS } },
    );
  }

  ask(asked: AskedCall): RecordedCall | undefined {
    try {
      const recorded = this.replay?.ask(asked);
      if (!recorded && this.services.bounds) this.stopAt(asked, this.services.bounds);
      return recorded;
    } catch (error) {
      this.fail(asError(error));
      throw error;
    }
  }

  private stopAt(asked: AskedCall, bounds: ReplayBounds): void {
    bounds.onNewCall(asked);
    void this.replay?.order.whenLive();
  }

  runTask(task: TaskMetadata, args: readonly unknown[], body: () => unknown): Promise<unknown> {
    return callTask(this, task, args, body);
  }

  sendRecord(offset: number, operations: Operation[], onSent: Settled): void {
    this.reporter.record(offset, operations, (reply) => {
      if (reply.kind === 'stale')
        this.drop(new StepAbortedError(`Step ${this.step} is no longer this worker's.`));
      onSent(reply.kind === 'refused' ? reply.error : undefined);
    });
  }

  onLost(error: Error): void {
    this.fail(error);
  }

  unseal(digest: Uint8Array): Uint8Array {
    return this.values.unseal(digest);
  }

  argsOf({ started, settled }: RecordedCall): readonly unknown[] {
    if (started?.kind === 'task.started') return this.values.decode(started.args) as unknown[];
    if (started?.kind === 'child.started') return [this.values.decode(started.input)];
    return settled?.kind === 'event.sent' ? [this.values.decode(settled.payload)] : [];
  }

  // ---- its life ---------------------------------------------------------------------------------------------------

  /** Runs the step and reports its outcome. @param onEnded called once, in the turn in which its reply arrives */
  execute(onEnded: OnStepEnded): void {
    this.onEnded = onEnded;
    const { remainingMs } = this.assignment;
    if (remainingMs !== undefined) this.timer = new Timer(remainingMs, () => this.timeOut());
    this.handle();
  }

  requestCancel(): void {
    this.isCancelRequested = true;
  }

  /** Takes the step away: its handler is told and heard no more. */
  drop(reason: Error): void {
    if (this.isDropped) return;
    this.isDropped = true;
    this.log.drop();
    this.stop(reason);
    this.finish(undefined);
  }

  /** Gives the step back unfinished; another attempt goes on with what was recorded. */
  release(reason: string): void {
    if (this.isOver) return;
    this.stop(new StepAbortedError(`Step ${this.step} was given back: ${reason}.`));
    this.report({ kind: 'released', reason });
  }

  /** Tells the leader what the step began before the time and has not told, for who watches. */
  flushBefore(time: number): void {
    if (this.log.hasUnsentBefore(time)) this.log.flush();
  }

  // Promises and closures of a step are what most of its time here would go to: those that can be avoided are.
  private handle(): void {
    const { assignment, handler, services } = this;
    try {
      const input = inputOf(assignment, handler, services);
      if (handler.inputType) this.follow(input, (ready) => this.invoke(ready));
      else this.invoke(input);
    } catch (error) {
      this.conclude(this.failed(error));
    }
  }

  private invoke(input: unknown): void {
    try {
      const returned = runAsStep(this, () => this.handler.invoke(new StepContext(this), input));
      this.follow(returned, (value) => this.conclude(this.decided(value)));
    } catch (error) {
      this.conclude(this.failed(error));
    }
  }

  /** Goes on when the promise is settled: with its value, or to fail the step. */
  private follow(promise: unknown, then: (value: unknown) => void): void {
    const native = promise instanceof Promise ? promise : Promise.resolve(promise);
    native.then(then, (error: unknown) => this.conclude(this.failed(error)));
  }

  private decided(returned: unknown): StepOutcome {
    try {
      this.replay?.assertComplete();
      return decisionOf(returned, this.handler, this.store.updates, this.services);
    } catch (error) {
      return this.failed(error);
    }
  }

  private failed(error: unknown): StepOutcome {
    return failureOf(asError(error), this.handler, this.assignment, this.services);
  }

  /** The handler ended. What it began in other runs and did not wait for is done before the step ends. */
  private conclude(outcome: StepOutcome): void {
    if (this.open.length > 0) void this.effects().then(() => this.close(outcome));
    else this.close(outcome);
  }

  private close(outcome: StepOutcome): void {
    if (this.isOver) return;
    this.leave(outcome);
    this.report(outcome);
  }

  /** Fails the step from outside its handler, for good. */
  private fail(error: Error): void {
    if (this.isOver) return;
    const outcome = endedBy(error, this.assignment, this.services);
    this.abortion.abort(error);
    this.close(outcome);
  }

  private timeOut(): void {
    this.drop(new StepTimeoutError(`Step ${this.step} was not done within its timeout.`));
  }

  private async effects(): Promise<void> {
    await Promise.allSettled([...this.open].map(async (call) => call.effect));
  }

  /** The attempt ended: what its handler left behind is ended too, for good unless another attempt does it again. */
  private leave({ kind }: StepOutcome): void {
    if (kind === 'released') return this.stop(new StepAbortedError(`Step ${this.step} was given back.`));
    this.end();
    for (const call of this.open.slice()) call.leave();
  }

  private stop(reason: Error): void {
    this.end();
    this.abortion.abort(reason);
    for (const call of this.open.slice()) call.abort(reason);
  }

  private end(): void {
    this.isOver = true;
    this.timer?.stop();
    this.replay?.order.stop();
  }

  private report(outcome: StepOutcome): void {
    if (this.log.isQuiet) this.sendResult(outcome);
    else void this.log.whenQuiet().then(() => this.sendResult(outcome));
  }

  private sendResult(outcome: StepOutcome): void {
    const { offset, operations } = this.log.close();
    this.reporter.result(offset, operations, outcome, (reply) => this.onReported(reply, offset, outcome));
  }

  private onReported(reply: ReportReply, offset: number, outcome: StepOutcome): void {
    if (reply.kind === 'refused') return this.reportRefusal(offset, reply.error);
    const next = reply.kind === 'accepted' ? reply.next : undefined;
    if (next && this.isDropped) this.services.giveBack(next, 'the worker lost the step before it');
    if (next && outcome.kind === 'directive') this.heldRun.apply(outcome.updates);
    this.finish(next);
  }

  /** A result that is refused, for its size perhaps, fails the step; without what may be at fault. */
  private reportRefusal(offset: number, error: Error): void {
    this.reporter.result(offset, [], this.failed(error), () => this.finish(undefined));
  }

  private finish(next: Assignment | undefined): void {
    const { onEnded } = this;
    this.onEnded = undefined;
    onEnded?.(next);
  }
}
