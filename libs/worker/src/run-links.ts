import type { ChildOutcomeOf, ChildStarted, Encoded, ParentRef, SendEvent } from '@ground-control/protocol';
import type { WorkflowHandle } from '@ground-control/workflow';

/** How a step reaches other runs. Everything here is idempotent by the ids that it is given, and is tried for ever. */
export interface RunLinks {
  /** Starts a child. @throws GroundControlError when the start is refused */
  start(child: ChildStarted, parent: ParentRef): Promise<void>;
  /** Waits until a run has ended. */
  outcome(workflowId: string, runId: string, signal: AbortSignal): Promise<ChildOutcomeOf<Encoded>>;
  /** Sends an event. @throws GroundControlError when it is refused */
  send(event: Omit<SendEvent, 'kind'>): Promise<void>;
  /** A handle for user code. */
  handle(workflowId: string, runId: string): WorkflowHandle;
}
