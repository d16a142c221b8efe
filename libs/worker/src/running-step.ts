import {
  type Address,
  type Assignment,
  type AssignmentKey,
  errorOfCode,
  InvalidWorkflowError,
  type Operation,
  type Refused,
  type ReportStep,
  retryDelayMs,
  type RunInfo,
  StepAbortedError,
  type StepOutcome,
  StepTimeoutError,
  type ValueCodec,
  type WorkerRequest,
} from '@ground-control/protocol';
import {
  type NextBuilder,
  planOf,
  runAsStep,
  type StepInfo,
  type TaskMetadata,
  type TaskRunner,
} from '@ground-control/workflow';
import type { LoggerService } from '@nestjs/common';
import type { OpenCall } from './call-host.js';
import { childOutcome } from './child-outcome.js';
import { deferred } from './deferred.js';
import { Deliveries } from './deliveries.js';
import { encodeDirective } from './directive-encoder.js';
import { errorTypes } from './error-classes.js';
import { asError, type Failures } from './failures.js';
import type { HeldRun } from './held-run.js';
import { LazyAbort } from './lazy-abort.js';
import { type LogOwner, OperationLog } from './operation-log.js';
import type { RecordedCall } from './recorded-calls.js';
import { ReplayLogger } from './replay-logger.js';
import { type AskedCall, Replay, type ReplayHost } from './replay.js';
import type { RunLinks } from './run-links.js';
import type { ServedHandler, ServedWorkflow } from './served-workflow.js';
import { type ContextHost, StepContext } from './step-context.js';
import type { StepServices } from './step-services.js';
import { StepStore } from './step-store.js';
import { callTask } from './task-call.js';
import { Timer } from './timer.js';
import { validated } from './validated.js';
import type { Body } from './worker-link.js';

/** The last date there is: the deadline of a step without a timeout. */
const NO_DEADLINE_MS = 8.64e15;

/** A step is tried for as long as its lease lasts, and the transport sends again what is not answered. */
const FOR_EVER = { timeoutMs: Infinity };

/** Errors that come again whenever the step does: no policy retries them. */
const NEVER_RETRIED: ReadonlySet<string> = new Set([
  'NonDeterminismError',
  'InvalidInputError',
  'InvalidWorkflowError',
  'UnencodableValueError',
  'PayloadTooLargeError',
]);

/**
 * One attempt of a step on this worker, from its assignment to the reply to its result.
 *
 * 1. It ends once: by its handler's outcome, or by being taken away (its lease lost, aborted, timed out, replaced).
 * 2. After its end no call of its handler is answered and nothing is recorded any more.
 * 3. What was taken away reports nothing (invariant 5); what is given back reports so, with what was recorded.
 */
export class RunningStep implements ContextHost, TaskRunner, LogOwner, ReplayHost {
  readonly log: OperationLog;
  readonly deliveries: Deliveries = new Deliveries();
  readonly replay: Replay | undefined;
  readonly open: Set<OpenCall> = new Set<OpenCall>();
  readonly store: StepStore;
  isOver = false;
  private readonly abortion = new LazyAbort();
  private readonly done = deferred<Assignment | undefined>();
  private readonly partition: Address;
  private timer: Timer | undefined;
  private calls = 0;
  private isDropped = false;
  private isCancelRequested: boolean;
  private isCancelSeen = false;
  private ownLogger: LoggerService | undefined;

  constructor(
    private readonly assignment: Assignment,
    private readonly heldRun: HeldRun,
    private readonly workflow: ServedWorkflow,
    private readonly handler: ServedHandler,
    private readonly services: StepServices,
  ) {
    const { partition, operations } = assignment;
    this.partition = { kind: 'partition', partition };
    this.isCancelRequested = assignment.cancelRequested === true;
    this.log = new OperationLog(operations.length, this);
    this.replay = operations.length > 0 ? new Replay(operations, this) : undefined;
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
    return (this.ownLogger ??= new ReplayLogger(
      this.workflow.className,
      () => this.replay?.isReplaying === true,
    ));
  }

  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  /** What is read here is recorded once it is true: a replay must read the same. */
  get cancelRequested(): boolean {
    const recorded = this.replay?.sawCancel(this.calls);
    if (recorded !== undefined) return recorded;
    if (this.isCancelRequested && !this.isCancelSeen && !this.isOver) {
      this.isCancelSeen = true;
      this.log.append({
        kind: 'cancel.seen',
        op: this.calls,
        at: Date.now(),
        outcomes: this.deliveries.count,
      });
    }
    return this.isCancelRequested;
  }

  // ---- its calls --------------------------------------------------------------------------------------------------

  nextOp(): number {
    return this.calls++;
  }

  ask(asked: AskedCall): RecordedCall | undefined {
    try {
      return this.replay?.ask(asked);
    } catch (error) {
      this.fail(asError(error));
      throw error;
    }
  }

  runTask(task: TaskMetadata, args: readonly unknown[], body: () => unknown): Promise<unknown> {
    return callTask(this, task, args, body);
  }

  async sendRecord(offset: number, operations: Operation[]): Promise<Error | undefined> {
    const { runId, stepSeq, attempt } = this.assignment;
    const reply = await this.request({ kind: 'step.record', runId, stepSeq, attempt, offset, operations });
    if (reply.kind === 'accepted') return undefined;
    if (reply.kind === 'error') return refusalOf(reply);
    this.drop(new StepAbortedError(`Step ${this.step} is no longer this worker's.`));
    return undefined;
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

  /** Runs the step and reports its outcome; resolves with the run's next step when that is for this worker. */
  execute(): Promise<Assignment | undefined> {
    const { remainingMs } = this.assignment;
    if (remainingMs !== undefined) this.timer = new Timer(remainingMs, () => this.timeOut());
    void this.handle();
    return this.done.promise;
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
    this.done.resolve(undefined);
  }

  /** Gives the step back unfinished; another attempt goes on with what was recorded. */
  async release(reason: string): Promise<void> {
    if (this.isOver) return;
    this.stop(new StepAbortedError(`Step ${this.step} was given back: ${reason}.`));
    await this.report({ kind: 'released', reason });
  }

  /** What a task recorded as its start some time ago is told to the leader, for who watches. */
  flushBefore(time: number): void {
    if (this.log.hasUnsentBefore(time)) this.log.flush();
  }

  private async handle(): Promise<void> {
    const outcome = await this.outcome();
    if (this.open.size > 0) await this.effects();
    if (this.isOver) return;
    this.leave();
    await this.report(outcome);
  }

  private async outcome(): Promise<StepOutcome> {
    try {
      const input = this.handler.inputType ? await this.builtInput() : this.plainInput();
      const returned = await runAsStep(this, () => this.handler.invoke(new StepContext(this), input));
      return this.decision(returned);
    } catch (error) {
      return this.failure(asError(error));
    }
  }

  private decision(returned: unknown): StepOutcome {
    this.replay?.assertComplete();
    const plan = planOf(returned);
    if (!plan) throw this.noDirective(returned);
    const directive = encodeDirective(plan, this.values, this.failures);
    return { kind: 'directive', directive, updates: this.store.updates };
  }

  private failure(error: Error): StepOutcome {
    return { kind: 'failed', error: this.failures.encode(error), retryInMs: this.retryInMs(error) };
  }

  private retryInMs(error: Error): number | undefined {
    const { retry } = this.handler.definition;
    if (!retry || NEVER_RETRIED.has(error.constructor.name)) return undefined;
    return retryDelayMs(retry, this.assignment.failures + 1, errorTypes(error), Math.random());
  }

  private plainInput(): unknown {
    const { handler, input, childOutcome: outcome, reason } = this.assignment;
    if (handler === 'cancel') return reason;
    return outcome ? childOutcome(outcome, this.values, this.failures) : this.values.decode(input);
  }

  private builtInput(): unknown {
    const { inputType } = this.handler;
    const input = this.plainInput();
    const isBuilt = !inputType || this.assignment.childOutcome || this.assignment.handler === 'cancel';
    return isBuilt ? input : validated(inputType, input, `The input of ${this.handler.method}`);
  }

  private noDirective(returned: unknown): InvalidWorkflowError {
    const what = returned === undefined ? 'nothing' : `a value of type ${typeof returned}`;
    return new InvalidWorkflowError(
      `${this.handler.method} returned ${what}. A step returns what ctx.next gives: ` +
        'ctx.next.step(…), wait(…), complete(…) or fail(…).',
    );
  }

  /** Fails the step from outside its handler, for good. */
  private fail(error: Error): void {
    if (this.isOver) return;
    this.abortion.abort(error);
    this.leave();
    void this.report({ kind: 'failed', error: this.failures.encode(error) });
  }

  private timeOut(): void {
    this.drop(new StepTimeoutError(`Step ${this.step} was not done within its timeout.`));
  }

  /** What the handler began in other runs and did not wait for: it is done before the step ends. */
  private async effects(): Promise<void> {
    await Promise.allSettled([...this.open].map((call) => call.effect));
  }

  /** The handler ended: what it left behind is ended too. */
  private leave(): void {
    this.end();
    for (const call of this.open) call.leave();
  }

  private stop(reason: Error): void {
    this.end();
    this.abortion.abort(reason);
    for (const call of this.open) call.abort(reason);
  }

  private end(): void {
    this.isOver = true;
    this.timer?.stop();
    this.replay?.order.stop();
  }

  private async report(outcome: StepOutcome): Promise<void> {
    const { offset, operations } = await this.log.close();
    const reply = await this.sendResult(offset, operations, outcome);
    // What cannot be reported for its size or shape fails the step, without what may be at fault.
    const last =
      reply.kind === 'error' ? await this.sendResult(offset, [], this.failure(refusalOf(reply))) : reply;
    this.onReported(last, outcome);
  }

  private async sendResult(offset: number, operations: Operation[], outcome: StepOutcome): Promise<Body> {
    const { runId, stepSeq, attempt } = this.assignment;
    const result: ReportStep = {
      kind: 'step.result',
      runId,
      stepSeq,
      attempt,
      offset,
      operations,
      outcome,
      wantsNext: this.services.wantsNext(),
    };
    return this.request(result);
  }

  private onReported(reply: Body, outcome: StepOutcome): void {
    const next = reply.kind === 'accepted' ? (reply as { next?: Assignment | undefined }).next : undefined;
    if (next && this.isDropped) this.services.giveBack(next, 'the worker lost the step before it');
    if (next && outcome.kind === 'directive') this.heldRun.apply(outcome.updates);
    this.done.resolve(next);
  }

  /** A request to the step's leader. What the connection cannot send is refused like what the leader refuses. */
  private async request(body: WorkerRequest): Promise<Body> {
    try {
      return await this.services.link.request(this.partition, body, FOR_EVER);
    } catch (error) {
      const { message, code } = asError(error) as Error & { code?: string };
      return { kind: 'error', code: code ?? 'GROUND_CONTROL', message } as Refused;
    }
  }
}

function refusalOf(reply: Body): Error {
  const { code, message, details } = reply as Refused;
  return errorOfCode(code, message, details);
}
