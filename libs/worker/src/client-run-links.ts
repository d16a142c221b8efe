import type { CoordinatorLink, GroundControlClient } from '@ground-control/client';
import type { ChildOutcomeOf, ChildStarted, Encoded, ParentRef, SendEvent } from '@ground-control/protocol';
import type { WorkflowHandle } from '@ground-control/workflow';
import type { RunLinks } from './run-links.js';

/** Steps reach other runs as any client does, but never give up. */
const FOR_EVER = { timeoutMs: Infinity };

/** Reaches other runs over the client's link to the coordinators. */
export class ClientRunLinks implements RunLinks {
  constructor(
    private readonly link: CoordinatorLink,
    private readonly client: GroundControlClient,
  ) {}

  async start(child: ChildStarted, parent: ParentRef): Promise<void> {
    const { workflowId, runId, workflowType, input, timeoutMs, onCompleted } = child;
    await this.link.ask(
      { kind: 'workflow.start', workflowId, runId, workflowType, input, timeoutMs, onCompleted, parent },
      FOR_EVER,
    );
  }

  async outcome(workflowId: string, runId: string, signal: AbortSignal): Promise<ChildOutcomeOf<Encoded>> {
    const ended = await this.link.ask(
      { kind: 'workflow.result', workflowId, runId },
      { ...FOR_EVER, signal },
    );
    const { status, result, error } = ended;
    return { workflowId, runId, status, result, error };
  }

  async send(event: Omit<SendEvent, 'kind'>): Promise<void> {
    await this.link.ask({ kind: 'workflow.send', ...event }, FOR_EVER);
  }

  handle(workflowId: string, runId: string): WorkflowHandle {
    return this.client.handle(workflowId, runId);
  }
}
