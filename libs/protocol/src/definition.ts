import type { ResolvedRetryPolicy } from './retry-policy.js';

/** What a handler of a workflow runs for. */
export type HandlerKind = 'start' | 'step' | 'event' | 'update' | 'cancel';

/** A handler of a workflow that runs as a step. */
export interface HandlerDefinition {
  /** The step's name: `start` for the start handler, the event's name for an event handler. */
  name: string;
  kind: HandlerKind;
  timeoutMs?: number | undefined;
  retry?: ResolvedRetryPolicy | undefined;
}

/** What a worker registers of a workflow type. Plain data: it is stored in the namespace's catalogue. */
export interface WorkflowDefinition {
  type: string;
  /** The time a run may take, in milliseconds, where its start says nothing else. */
  timeoutMs?: number | undefined;
  /** How long an ended run is kept, in milliseconds. */
  retentionMs?: number | undefined;
  handlers: HandlerDefinition[];
  queries: string[];
}

/** Finds a handler. Steps (with `start`), events and updates are three name spaces. */
export function findHandler(
  definition: WorkflowDefinition,
  kind: HandlerKind,
  name?: string,
): HandlerDefinition | undefined {
  return definition.handlers.find(
    (handler) => handler.kind === kind && (name === undefined || handler.name === name),
  );
}
