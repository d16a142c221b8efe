import type { HandlerKind, WorkerInfoWire, WorkflowDefinition } from '@ground-control/protocol';

/** A workflow type that some worker registered. */
export interface WorkflowTypeInfo {
  type: string;
  /** The names of its steps; the first is `start`. */
  steps: string[];
  events: string[];
  updates: string[];
  queries: string[];
  /** The time that a run may take where its start says nothing else, in milliseconds. */
  timeoutMs?: number;
  /** How long an ended run is kept, in milliseconds. */
  retentionMs?: number;
}

/** A worker that is live. */
export interface WorkerInfo {
  id: string;
  /** What its operator named it. */
  identity: string;
  /** How many steps it runs at once. */
  capacity: number;
  /** How many it runs now. */
  running: number;
  /** The workflow types that it serves. */
  types: string[];
  lastSeenAt: Date;
}

export function workflowTypeInfo(definition: WorkflowDefinition): WorkflowTypeInfo {
  const { type, timeoutMs, retentionMs, queries } = definition;
  return {
    type,
    steps: [...namesOf(definition, 'start'), ...namesOf(definition, 'step')],
    events: namesOf(definition, 'event'),
    updates: namesOf(definition, 'update'),
    queries,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retentionMs !== undefined && { retentionMs }),
  };
}

export function workerInfo({ workerId, lastSeenAt, ...rest }: WorkerInfoWire): WorkerInfo {
  return { id: workerId, ...rest, lastSeenAt: new Date(lastSeenAt) };
}

function namesOf(definition: WorkflowDefinition, kind: HandlerKind): string[] {
  return definition.handlers.filter((handler) => handler.kind === kind).map((handler) => handler.name);
}
