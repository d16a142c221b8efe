import { failureInfo, resultOf } from '@ground-control/client';
import type { ChildOutcomeOf, Encoded, ValueCodec } from '@ground-control/protocol';
import type { ChildOutcome } from '@ground-control/workflow';

/** A child's outcome as user code sees it. */
export function childOutcome(outcome: ChildOutcomeOf<Encoded>, values: ValueCodec): ChildOutcome {
  const { workflowId, runId, status, error } = outcome;
  return {
    workflowId,
    runId,
    status,
    ok: status === 'completed',
    result: values.decode(outcome.result),
    error: error && failureInfo(error, values),
    unwrap: () => unwrapOutcome(outcome, values),
  };
}

/**
 * The child's result.
 *
 * @throws WorkflowFailedError, WorkflowCancelledError, WorkflowTerminatedError or WorkflowTimedOutError when it has none
 */
export function unwrapOutcome(outcome: ChildOutcomeOf<Encoded>, values: ValueCodec): unknown {
  return resultOf(outcome, { kind: 'run.ended', ...outcome }, values);
}
