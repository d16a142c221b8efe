import type {
  Attributes,
  ChildOutcomeOf,
  Encoded,
  Operation,
  ParentRef,
  ReusePolicy,
  ResolvedRetryPolicy,
  StepOutcome,
} from '@ground-control/protocol';
import type { AttemptRef, RunEvent } from './events.js';

/** What can be asked of a run; a closed union. Commands carry what the decision needs, times included. */
export type RunCommand =
  | AssignStep
  | RecordOperations
  | ReportStep
  | ReleaseStep
  | { kind: 'send'; id: string; event: string; payload: Encoded | undefined; known: boolean }
  | { kind: 'update'; id: string; update: string; payload: Encoded | undefined; known: boolean }
  | { kind: 'cancel'; id?: string | undefined; reason: string | undefined; handler: boolean }
  | { kind: 'terminate'; id?: string | undefined; reason: string | undefined }
  | { kind: 'complete-child'; outcome: ChildOutcomeOf<Encoded> }
  | { kind: 'strike-outbox'; id: string }
  /** The time that `dueAt` gave has come. */
  | { kind: 'tick' };

/** Gives the step that is ready to a worker. */
export interface AssignStep {
  kind: 'assign';
  workerId: string;
  timeoutMs: number | undefined;
  retry: ResolvedRetryPolicy | undefined;
}

/** Records operations; `offset` is how many were recorded before, so that a retry adds nothing. */
export interface RecordOperations extends AttemptRef {
  kind: 'record';
  offset: number;
  operations: Operation[];
}

/** The end of an attempt. */
export interface ReportStep extends AttemptRef {
  kind: 'report';
  offset: number;
  operations: Operation[];
  outcome: StepOutcome;
}

/** Takes the step from a worker that is lost. */
export interface ReleaseStep extends AttemptRef {
  kind: 'release';
  reason: string;
}

export interface StartRun {
  runId: string;
  workflowId: string;
  workflowType: string;
  input: Encoded | undefined;
  timeoutMs: number | undefined;
  delayMs: number | undefined;
  reuse: ReusePolicy;
  parent: ParentRef | undefined;
  onCompleted: string | undefined;
  attributes: Attributes | undefined;
}

/** What a command comes to. An expected refusal is a result, not an exception. */
export type Decision =
  /** The events are to be committed; until then nobody hears of them. */
  | { kind: 'accepted'; events: RunEvent[] }
  /** It was done before; answer as then. */
  | { kind: 'duplicate' }
  /** The assignment is no longer current; nothing changes (invariant 5). */
  | { kind: 'stale' }
  /** Records before these are still on their way; the sender's retry brings them in order. */
  | { kind: 'early' }
  | { kind: 'rejected'; code: string; message: string };
