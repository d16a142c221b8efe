import {
  assertName,
  type ChildOutcomeOf,
  type ChildStarted,
  type Encoded,
  InvalidInputError,
  StepAbortedError,
  toMilliseconds,
} from '@ground-control/protocol';
import { type WorkflowHandle, type ChildOptions, workflowTypeOf } from '@ground-control/workflow';
import type { Type } from '@nestjs/common';
import type { CallHost } from './call-host.js';
import { childRunId } from './call-ids.js';
import { unwrapOutcome } from './child-outcome.js';
import { never, rejection } from './deferred.js';
import { digestOf } from './digest.js';
import { asError } from './failures.js';
import type { RecordedCall } from './recorded-calls.js';
import { StepCall } from './step-call.js';

type Workflow = Type | string;

/** Starts a child; its handle is returned when the start is durable. */
export function callStartChild(
  host: CallHost,
  workflow: Workflow,
  options: ChildOptions,
): Promise<WorkflowHandle> {
  return callChild(host, workflow, options, StartChildCall);
}

/** Starts a child and waits for its result. */
export function callRunChild(host: CallHost, workflow: Workflow, options: ChildOptions): Promise<unknown> {
  return callChild(host, workflow, options, RunChildCall);
}

function callChild<T>(
  host: CallHost,
  workflow: Workflow,
  options: ChildOptions,
  Call: new (host: CallHost, op: number) => ChildCall<T>,
): Promise<T> {
  if (host.isOver) return never();
  try {
    const op = host.nextOp();
    const { child, digest } = describeChild(host, op, workflow, options);
    const name = `${child.workflowType} ${child.workflowId}`;
    const recorded = host.ask({ op, kind: 'child', name, digest, args: [options.input] });
    const call = new Call(host, op);
    call.begin(child, recorded);
    return call.promise;
  } catch (error) {
    return rejection(error);
  }
}

function describeChild(
  host: CallHost,
  op: number,
  workflow: Workflow,
  options: ChildOptions,
): { child: ChildStarted; digest: Uint8Array } {
  const { id, timeout, onCompleted, parentClosePolicy = 'abandon' } = options;
  assertName(id, 'The id of the child');
  const plain = host.values.encodePlain(options.input, `input of child ${id}`);
  const digest = digestOf(plain);
  const at = Date.now();
  const child: ChildStarted = {
    kind: 'child.started',
    op,
    at,
    workflowId: id,
    runId: childRunId(host, op, at),
    workflowType: typeOf(workflow),
    input: options.input === undefined ? undefined : host.values.seal(plain),
    digest: host.values.seal(digest),
    timeoutMs: timeout === undefined ? undefined : toMilliseconds(timeout, 'timeout'),
    onCompleted: onCompleted && host.next.stepName(onCompleted, 'the onCompleted of a child'),
    parentClosePolicy,
  };
  return { child, digest };
}

function typeOf(workflow: Workflow): string {
  const type = typeof workflow === 'string' ? workflow : workflowTypeOf(workflow);
  if (type !== undefined) return type;
  throw new InvalidInputError(
    `${typeof workflow === 'function' ? workflow.name : workflow} is no workflow. Put @Workflow() on it.`,
  );
}

/** The start is recorded first; the run id in that record makes it idempotent, so that it may be sent again. */
abstract class ChildCall<T> extends StepCall<T> {
  abstract begin(child: ChildStarted, recorded: RecordedCall | undefined): void;

  protected recordStart(child: ChildStarted, then: () => void): void {
    this.host.log.settle(child, (refusal) => (refusal ? this.abort(refusal) : then()));
  }

  /** Starts the child. @returns the error of a refusal, which is recorded */
  protected async start(child: ChildStarted): Promise<Error | undefined> {
    const { workflowId, id: runId } = this.host.runInfo;
    try {
      await this.host.runs.start(child, { workflowId, runId });
      return undefined;
    } catch (thrown) {
      const error = asError(thrown);
      const { log, failures } = this.host;
      log.append({ kind: 'child.refused', op: this.op, at: Date.now(), error: failures.encode(error) });
      await log.whenDurable();
      return error;
    }
  }

  protected refusalIn(recorded: RecordedCall): Error | undefined {
    const { settled } = recorded;
    return settled?.kind === 'child.refused' ? this.host.failures.decode(settled.error) : undefined;
  }

  protected startedIn(recorded: RecordedCall | undefined): ChildStarted | undefined {
    if (recorded?.isRedone && !recorded.settled) return undefined;
    return recorded?.started?.kind === 'child.started' ? recorded.started : undefined;
  }
}

/**
 * The outcome has the place in the order that the record of the start has, and outcomes behind it wait for it: when the
 * other leader answers is not recorded, so nothing may depend on it.
 */
class StartChildCall extends ChildCall<WorkflowHandle> {
  override get effect(): Promise<unknown> {
    return this.promise;
  }

  begin(child: ChildStarted, recorded: RecordedCall | undefined): void {
    const started = this.startedIn(recorded);
    if (!recorded || !started)
      return this.recordStart(child, () => this.deliverLater(() => this.open(child)));
    const refusal = this.refusalIn(recorded);
    this.replayLater(recorded, () => (refusal ? Promise.reject(refusal) : this.open(started)));
  }

  protected stop(): void {
    // Nothing is under way that could be stopped: the start is sent until it is answered.
  }

  private async open(child: ChildStarted): Promise<WorkflowHandle> {
    const refusal = await this.start(child);
    if (refusal) throw refusal;
    return this.host.runs.handle(child.workflowId, child.runId);
  }
}

class RunChildCall extends ChildCall<unknown> {
  private readonly stopping = new AbortController();
  private started: Promise<unknown> | undefined;

  override get effect(): Promise<unknown> | undefined {
    return this.started;
  }

  begin(child: ChildStarted, recorded: RecordedCall | undefined): void {
    if (recorded?.settled) return this.replay(recorded, () => this.outcomeIn(recorded));
    const started = this.startedIn(recorded);
    const onLost = (error: unknown): void => this.abort(asError(error));
    if (started) this.resume(started, recorded).catch(onLost);
    else this.recordStart(child, () => void this.follow(child).catch(onLost));
  }

  protected stop(): void {
    this.stopping.abort(new StepAbortedError('The step ended.'));
  }

  private async resume(child: ChildStarted, recorded: RecordedCall | undefined): Promise<void> {
    const order = this.host.replay?.order;
    if (recorded) order?.skip(recorded);
    await order?.whenLive();
    await this.follow(child);
  }

  private async follow(child: ChildStarted): Promise<void> {
    const starting = this.start(child);
    this.started = starting;
    const refusal = await starting;
    if (refusal) return this.deliver(() => fail(refusal));
    const outcome = await this.outcomeOf(child);
    if (!outcome || this.isClosed) return;
    this.record({ kind: 'child.completed', op: this.op, at: Date.now(), outcome }, () =>
      unwrapOutcome(outcome, this.host.values),
    );
  }

  private async outcomeOf({ workflowId, runId }: ChildStarted): Promise<ChildOutcomeOf<Encoded> | undefined> {
    try {
      return await this.host.runs.outcome(workflowId, runId, this.stopping.signal);
    } catch (error) {
      if (!this.isClosed) this.deliver(() => fail(asError(error)));
      return undefined;
    }
  }

  private outcomeIn(recorded: RecordedCall): unknown {
    const { settled } = recorded;
    if (settled?.kind === 'child.completed') return unwrapOutcome(settled.outcome, this.host.values);
    return fail(this.refusalIn(recorded) ?? new StepAbortedError('The child was not started.'));
  }
}

function fail(error: Error): never {
  throw error;
}
