import type { HandlerDefinition, HandlerKind, WorkflowDefinition } from '@ground-control/protocol';
import type { NextBuilder } from '@ground-control/workflow';
import type { Type } from '@nestjs/common';

/** Calls a method of a workflow class: `(ctx, input)`. */
export type Invoke = (ctx: unknown, input: unknown) => unknown;

/** A method that runs as a step. */
export interface ServedHandler {
  definition: HandlerDefinition;
  /** Class and method, for messages. */
  method: string;
  /** The class of the input, when its type is one to build and validate. */
  inputType: Type<object> | undefined;
  invoke: Invoke;
}

/** A method that answers a query. */
export interface ServedQuery {
  method: string;
  invoke: Invoke;
}

/** A workflow class, ready to be served. */
export interface ServedWorkflow {
  definition: WorkflowDefinition;
  className: string;
  next: NextBuilder;
  handlers: ReadonlyMap<string, ServedHandler>;
  queries: ReadonlyMap<string, ServedQuery>;
}

/** Steps (with the start), events, updates and the cancel handler have names of their own. */
export function handlerKey(kind: HandlerKind, name: string): string {
  return kind === 'cancel' ? kind : `${kind} ${name}`;
}
