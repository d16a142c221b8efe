import type { CloseChild, OutboxEntry } from '@ground-control/engine';
import type {
  CancelWorkflow,
  DeliverChildOutcome,
  StartWorkflow,
  TerminateWorkflow,
} from '@ground-control/protocol';

/** The requests by which a run's leader delivers what it owes to another run: each is sent when the last is answered. */
export type ChildRequest = DeliverChildOutcome | StartWorkflow | CancelWorkflow | TerminateWorkflow;

export function childRequests(entry: OutboxEntry): ChildRequest[] {
  if (entry.kind === 'child.completed')
    return [{ kind: 'child.ended', ...entry.parent, outcome: entry.outcome }];
  const { workflowId, runId, policy } = entry;
  const close: ChildRequest = {
    kind: `workflow.${policy}`,
    workflowId,
    runId,
    reason: 'its parent has ended',
  };
  return [...startOf(entry), close];
}

/** The start is the same as the worker's, so it has an effect once; where it is refused there is nothing to close. */
function startOf({ workflowId, runId, start }: CloseChild): StartWorkflow[] {
  return start ? [{ kind: 'workflow.start', workflowId, runId, ...start }] : [];
}
