import type { OutboxEntry } from '@ground-control/engine';
import type { CancelWorkflow, DeliverChildOutcome, TerminateWorkflow } from '@ground-control/protocol';

/** The request by which a run's leader delivers what it owes to another run. */
export function childRequest(entry: OutboxEntry): DeliverChildOutcome | CancelWorkflow | TerminateWorkflow {
  if (entry.kind === 'child.completed')
    return { kind: 'child.ended', ...entry.parent, outcome: entry.outcome };
  const { workflowId, runId, policy } = entry;
  return { kind: `workflow.${policy}`, workflowId, runId, reason: 'its parent has ended' };
}
