import type { WaitingForOf, WireRunInfo } from '@ground-control/protocol';
import { isAssignable } from './decide.js';
import type { RunState } from './state.js';

/** A run at a glance. @param now decides whether a delayed step is due */
export function describe(state: RunState, now: number): WireRunInfo {
  return {
    id: state.runId,
    workflowId: state.workflowId,
    workflowType: state.workflowType,
    status: state.status,
    startedAt: state.startedAt,
    closedAt: state.closedAt,
    currentStep: state.step?.name,
    attempt: state.step?.attempt || undefined,
    waitingFor: waitingFor(state, now),
    parent: state.parent,
    error: state.error,
    attributes: state.attributes,
  };
}

function waitingFor(state: RunState, now: number): WaitingForOf<number> | undefined {
  if (state.wait) return { kind: 'event', events: state.wait.events, until: state.wait.timeoutAt };
  if (!state.step || state.step.workerId !== undefined) return undefined;
  const step = state.step.name;
  if (isAssignable(state, now)) return { kind: 'worker', step };
  return { kind: state.step.delayedBy === 'retry' ? 'retry' : 'timer', step, until: state.step.notBefore };
}
