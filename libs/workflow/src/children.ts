import type { Duration, EndedStatus, FailureInfo, ParentClosePolicy } from '@ground-control/protocol';
import type { StepHandler } from './next.js';

export interface ChildOptions<I = unknown> {
  /** The child's workflow id. */
  id: string;
  input?: I | undefined;
  /** The time that the child may take. @defaultValue its workflow's */
  timeout?: Duration | undefined;
  /** The step that gets the child's {@link ChildOutcome} when it has ended, however that was. */
  onCompleted?: StepHandler | undefined;
  /** What happens to the child when this run ends before it. @defaultValue 'abandon' */
  parentClosePolicy?: ParentClosePolicy | undefined;
}

/** How a child ended. A class, as {@link Context} is, because handlers name it in decorated signatures. */
export abstract class ChildOutcome<T = unknown> {
  abstract readonly workflowId: string;
  abstract readonly runId: string;
  abstract readonly status: EndedStatus;
  /** Whether it completed. */
  abstract readonly ok: boolean;
  abstract readonly result?: T | undefined;
  abstract readonly error?: FailureInfo | undefined;
  /**
   * The child's result.
   *
   * @throws WorkflowFailedError, WorkflowCancelledError, WorkflowTerminatedError or WorkflowTimedOutError when it has none
   */
  abstract unwrap(): T;
}
