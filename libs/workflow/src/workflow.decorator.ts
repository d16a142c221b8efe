import 'reflect-metadata';
import type { Duration } from '@ground-control/protocol';
import { Injectable } from '@nestjs/common';
import { WORKFLOW_METADATA } from './metadata.constants.js';

export interface WorkflowOptions {
  /** The workflow's type; any text of 1 to 512 characters. @defaultValue the class name */
  type?: string | undefined;
  /** The time a run may take, where its start says nothing else. @defaultValue none */
  timeout?: Duration | undefined;
  /** How long an ended run is kept. @defaultValue the namespace's */
  retention?: Duration | undefined;
}

/** What `@Workflow` said of a class, unchecked. */
export interface WorkflowMetadata extends WorkflowOptions {
  type: string;
}

// Nest's own mark of an injectable class. A class that has it keeps the scope that it was given.
const INJECTABLE = '__injectable__';

/**
 * Makes a class a workflow. It implies `@Injectable()`, and each provider of such a class is served by the workers of
 * its application.
 *
 * @example
 * ```ts
 * @Workflow('ProcessOrder')
 * export class OrderWorkflow {
 *   @Start() async start(ctx: Context, input: OrderInput): Promise<Directive> { return ctx.next.complete(); }
 * }
 * ```
 */
export function Workflow(options: string | WorkflowOptions = {}): ClassDecorator {
  return (target) => {
    const given = typeof options === 'string' ? { type: options } : options;
    const metadata: WorkflowMetadata = { ...given, type: given.type ?? target.name };
    Reflect.defineMetadata(WORKFLOW_METADATA, metadata, target);
    if (!Reflect.hasOwnMetadata(INJECTABLE, target)) Injectable()(target);
  };
}

/** What `@Workflow` said of a class, or undefined when it is no workflow. */
export function workflowOf(target: object): WorkflowMetadata | undefined {
  return Reflect.getMetadata(WORKFLOW_METADATA, target) as WorkflowMetadata | undefined;
}

/** The workflow type of a class, or undefined when it is no workflow. */
export function workflowTypeOf(target: object): string | undefined {
  return workflowOf(target)?.type;
}
