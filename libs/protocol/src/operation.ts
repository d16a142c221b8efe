import type { Encoded } from './encoded.js';
import type { Failure } from './failure.js';

/**
 * What a step recorded, in the order in which it happened. `op` is the number of the call within the step,
 * counted from 0; `at` is the worker's clock in milliseconds since the epoch.
 *
 * `*.started` and `task.attempt_failed` tell of progress; every other kind settles its call: on a replay the call
 * returns what it holds.
 *
 * `cancel.seen` is no call: the step read for the first time that a cancel was requested, before the call that has this
 * number and after as many outcomes were handed to it. It keeps a replay on the way that the step took.
 *
 * `step.retried` is the coordinator's: the attempt before it failed by an error or a timeout and its policy allows
 * another. Of what stands before it, what failed (`task.failed`, `task.cancelled`, `child.refused`, `event.refused`) is
 * void and is done again with the same idempotency key; what completed is kept. Once a void call was done again, the
 * step may take another way: from there on a record of an earlier attempt that does not match its call is passed over,
 * not an error.
 */
export type Operation =
  | { kind: 'task.started'; op: number; at: number; task: string; args: Encoded | undefined; digest: Encoded }
  | { kind: 'task.attempt_failed'; op: number; at: number; attempt: number; error: Failure; retryAt: number }
  | { kind: 'task.completed'; op: number; at: number; result: Encoded | undefined; durationMs: number }
  | { kind: 'task.failed'; op: number; at: number; attempt: number; error: Failure; durationMs: number }
  | { kind: 'task.cancelled'; op: number; at: number; durationMs: number }
  | { kind: 'step.retried'; op: -1; at: number }
  | { kind: 'now.recorded'; op: number; at: number; value: number }
  | { kind: 'random.recorded'; op: number; at: number; value: number }
  | { kind: 'uuid.recorded'; op: number; at: number; value: string }
  | { kind: 'sleep.started'; op: number; at: number; until: number }
  | { kind: 'sleep.completed'; op: number; at: number }
  | ChildStarted
  | { kind: 'child.refused'; op: number; at: number; error: Failure }
  | { kind: 'child.completed'; op: number; at: number; outcome: ChildOutcomeOf<Encoded> }
  | {
      kind: 'event.sent';
      op: number;
      at: number;
      to: string;
      event: string;
      payload: Encoded | undefined;
      digest: Encoded;
      toParent: boolean;
    }
  | {
      kind: 'event.refused';
      op: number;
      at: number;
      to: string;
      event: string;
      digest: Encoded;
      error: Failure;
    }
  | { kind: 'cancel.seen'; op: number; at: number; outcomes: number };

/** A step is about to start a child run: its worker starts it after this record is durable, and the run id makes that idempotent. */
export interface ChildStarted {
  kind: 'child.started';
  op: number;
  at: number;
  workflowId: string;
  runId: string;
  workflowType: string;
  input: Encoded | undefined;
  digest: Encoded;
  timeoutMs?: number | undefined;
  /** The step of the parent that gets the child's outcome; absent when the parent's step waits for it or nobody does. */
  onCompleted?: string | undefined;
  parentClosePolicy: ParentClosePolicy;
}

/** What happens to a child that is active when its parent ends. */
export type ParentClosePolicy = 'abandon' | 'cancel' | 'terminate';

/** How a child ended. */
export interface ChildOutcomeOf<Value> {
  workflowId: string;
  runId: string;
  status: EndedStatus;
  result?: Value | undefined;
  error?: Failure | undefined;
}

/** The states in which a run has ended. */
export type EndedStatus = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out';

/** The state of a run. */
export type RunStatus = 'scheduled' | 'running' | 'waiting' | EndedStatus;

/** The kind of a recorded operation. */
export type OperationKind = Operation['kind'];
