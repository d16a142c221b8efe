import type {
  Attributes,
  ChildOutcomeOf,
  Encoded,
  EndedStatus,
  Failure,
  HandlerKind,
  Operation,
  ParentClosePolicy,
  ParentRef,
  ResolvedRetryPolicy,
  RunStatus,
} from '@ground-control/protocol';
import type { AttemptRef } from './events.js';

/** Everything that is known of a run: what its events add up to. Only `evolve` changes it. */
export interface RunState {
  runId: string;
  workflowId: string;
  workflowType: string;
  attributes: Attributes | undefined;
  parent: ParentRef | undefined;
  /** The parent's step that gets this run's outcome. */
  onCompleted: string | undefined;
  startedAt: number;
  timeoutAt: number | undefined;
  status: RunStatus;
  /** The number of the current or the last step, from 1. */
  stepSeq: number;
  /** The step that is to run or runs. */
  step: StepState | undefined;
  /** What the run waits for between steps. */
  wait: WaitState | undefined;
  store: Map<string, Encoded>;
  /** What has arrived and was not handled yet, in order. */
  inbox: InboxEntry[];
  /** Ids of events, updates, cancels and terminates that were received, so that a retry of their sender changes nothing. */
  received: Set<string>;
  /** Answers to updates that were handled, for callers that ask again. */
  answers: Map<string, UpdateAnswer>;
  cancel: CancelState | undefined;
  /** Children that were started and have not ended as far as this run knows, by run id. */
  children: Map<string, ChildState>;
  /** What this run's leader owes to other runs. */
  outbox: OutboxEntry[];
  /** The attempt whose report was accepted last: a retry of that report is a duplicate, any other is stale. */
  accepted: AttemptRef | undefined;
  closedAt: number | undefined;
  result: Encoded | undefined;
  error: Failure | undefined;
  reason: string | undefined;
}

export interface StepState {
  seq: number;
  name: string;
  handler: HandlerKind;
  input: Encoded | undefined;
  /** The number of the current or last attempt; 0 before the first. */
  attempt: number;
  /** Attempts that failed by an error or a timeout: what a retry policy counts. */
  failures: number;
  /** What was recorded by all attempts, in order. */
  operations: Operation[];
  /** Not to be started before this time: a delayed start, a delayed step, or a back-off. */
  notBefore: number | undefined;
  /** Why `notBefore` is set. */
  delayedBy: 'start' | 'step' | 'retry' | undefined;
  /** The worker that holds the step; undefined while nobody does. */
  workerId: string | undefined;
  /** When the current attempt was given to its worker. */
  startedAt: number;
  deadline: number | undefined;
  retry: ResolvedRetryPolicy | undefined;
  /** The outcome of the child that this step is called for. */
  childOutcome: ChildOutcomeOf<Encoded> | undefined;
  /** The update that this step answers, and the wait to go back to when it is rejected. */
  update: { id: string; wait: WaitState } | undefined;
}

export interface WaitState {
  timeoutAt: number | undefined;
  onTimeout: string | undefined;
  events: string[] | undefined;
}

export type InboxEntry =
  | { kind: 'event'; name: string; input: Encoded | undefined }
  | { kind: 'update'; name: string; input: Encoded | undefined; id: string }
  | { kind: 'child'; name: string; outcome: ChildOutcomeOf<Encoded> };

export type UpdateAnswer = { ok: true; reply: Encoded | undefined } | { ok: false; error: Failure };

export interface CancelState {
  reason: string | undefined;
  /** Whether a cancel handler has to run, or runs. */
  handler: boolean;
}

export interface ChildState {
  workflowId: string;
  onCompleted: string | undefined;
  parentClosePolicy: ParentClosePolicy;
}

/** What is owed to another run, delivered until its leader acknowledges it. `id` is unique within the run. */
export type OutboxEntry =
  { id: string; kind: 'child.completed'; parent: ParentRef; outcome: ChildOutcomeOf<Encoded> } | CloseChild;

/** What becomes of a child whose parent has ended first. */
export interface CloseChild {
  id: string;
  kind: 'child.close';
  workflowId: string;
  runId: string;
  policy: 'cancel' | 'terminate';
  /**
   * Its start, where that may still be on its way from the worker: it is done first, so that it cannot come after the
   * close and find nobody to close the child any more.
   */
  start?: ChildStart | undefined;
}

/** The start of a child, as its parent's step recorded it. */
export interface ChildStart {
  workflowType: string;
  input: Encoded | undefined;
  timeoutMs: number | undefined;
  onCompleted: string | undefined;
  parent: ParentRef;
}

const ENDED: ReadonlySet<RunStatus> = new Set<EndedStatus>([
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed_out',
]);

/** Whether a run in this state has ended. */
export function isEnded(status: RunStatus): status is EndedStatus {
  return ENDED.has(status);
}

/** Whether this attempt is the one that may report (invariant 5). */
export function isCurrent(state: RunState, ref: AttemptRef): boolean {
  const step = state.step;
  return (
    step !== undefined &&
    step.workerId !== undefined &&
    step.seq === ref.stepSeq &&
    step.attempt === ref.attempt
  );
}
