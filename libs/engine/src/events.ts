import type {
  Attributes,
  ChildOutcomeOf,
  Directive,
  Encoded,
  Failure,
  Operation,
  ParentRef,
  ResolvedRetryPolicy,
  StoreUpdate,
} from '@ground-control/protocol';

/**
 * What was decided about a run: the contents of the journal, a closed union. An event is never changed once a release
 * has written it; new kinds and optional fields may be added.
 */
export type RunEvent =
  | RunStarted
  | StepStarted
  | StepRecorded
  | StepCompleted
  | StepFailed
  | StepTimedOut
  | StepReleased
  | EventReceived
  | UpdateReceived
  | ChildCompleted
  | { kind: 'wait.timed_out' }
  | CancelRequested
  | { kind: 'run.cancelled' }
  | RunTerminated
  | { kind: 'run.timed_out' }
  | { kind: 'outbox.delivered'; id: string };

export interface RunStarted {
  kind: 'run.started';
  workflowId: string;
  workflowType: string;
  input: Encoded | undefined;
  /** When the run's time is up. */
  timeoutAt: number | undefined;
  /** When a delayed run begins. */
  startAt: number | undefined;
  parent: ParentRef | undefined;
  onCompleted: string | undefined;
  attributes: Attributes | undefined;
}

/** Names one attempt of one step. */
export interface AttemptRef {
  stepSeq: number;
  attempt: number;
}

/** A step was given to a worker. */
export interface StepStarted extends AttemptRef {
  kind: 'step.started';
  workerId: string;
  timeoutMs: number | undefined;
  /** The policy that applies when the coordinator ends the attempt; the worker applies it to errors. */
  retry: ResolvedRetryPolicy | undefined;
}

export interface StepRecorded extends AttemptRef {
  kind: 'step.recorded';
  operations: Operation[];
}

/** The whole outcome of a step: what it still had to record, its store updates and what comes next (invariant 4). */
export interface StepCompleted extends AttemptRef {
  kind: 'step.completed';
  operations: Operation[];
  directive: Directive;
  updates: StoreUpdate[];
}

/** The handler threw. Without `retryAt` that was the last attempt. */
export interface StepFailed extends AttemptRef {
  kind: 'step.failed';
  operations: Operation[];
  error: Failure;
  retryAt: number | undefined;
}

export interface StepTimedOut extends AttemptRef {
  kind: 'step.timed_out';
  retryAt: number | undefined;
}

/** The worker was lost or gave the step back; another attempt follows that replays what was recorded. */
export interface StepReleased extends AttemptRef {
  kind: 'step.released';
  operations: Operation[];
  reason: string;
  /** Nobody gets it before this time. */
  retryAt?: number | undefined;
}

export interface EventReceived {
  kind: 'event.received';
  id: string;
  event: string;
  payload: Encoded | undefined;
}

export interface UpdateReceived {
  kind: 'update.received';
  id: string;
  update: string;
  payload: Encoded | undefined;
}

export interface ChildCompleted {
  kind: 'child.completed';
  outcome: ChildOutcomeOf<Encoded>;
}

export interface CancelRequested {
  kind: 'run.cancel_requested';
  /** The id of the request, by which a retry of it is known. */
  id?: string | undefined;
  reason: string | undefined;
  /** Whether the workflow has a cancel handler, which then runs before the run is cancelled. */
  handler: boolean;
}

export interface RunTerminated {
  kind: 'run.terminated';
  /** As of {@link CancelRequested}. */
  id?: string | undefined;
  reason: string | undefined;
}
