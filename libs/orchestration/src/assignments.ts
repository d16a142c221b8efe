import type { RunState } from '@ground-control/engine';
import type { Assignment, RunContext } from '@ground-control/protocol';

/** What a worker needs to know of a run, from its committed state. */
export function runContext(state: RunState): RunContext {
  const { workflowId, workflowType, startedAt, parent, attributes } = state;
  return { workflowId, workflowType, startedAt, parent, attributes, store: [...state.store] };
}

/**
 * The assignment of a step that was just started.
 *
 * @param withContext false when the worker has the run's context, having run the step before
 */
export function buildAssignment(partition: number, state: RunState, withContext: boolean): Assignment {
  const step = state.step;
  if (!step) throw new Error(`run ${state.runId} has no step to assign`);
  return {
    kind: 'assignment',
    partition,
    runId: state.runId,
    stepSeq: step.seq,
    attempt: step.attempt,
    step: step.name,
    handler: step.handler,
    input: step.input,
    deadline: step.deadline,
    remainingMs: step.deadline === undefined ? undefined : step.deadline - step.startedAt,
    failures: step.failures,
    cancelRequested: state.cancel !== undefined,
    reason: state.cancel?.reason,
    childOutcome: step.childOutcome,
    operations: step.operations.slice(),
    run: withContext ? runContext(state) : undefined,
  };
}
