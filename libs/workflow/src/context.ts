import type { Duration, RunInfo } from '@ground-control/protocol';
import type { LoggerService, Type } from '@nestjs/common';
import type { ChildOptions } from './children.js';
import type { WorkflowHandle } from './workflow-handle.js';
import type { InputOf, ResultOf } from './inference.js';
import type { Next } from './next.js';
import type { Store } from './store.js';

/** The step that runs. */
export interface StepInfo {
  readonly name: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** When the step's timeout ends; the last date there is when it has none. */
  readonly deadline: Date;
}

// These are classes, not interfaces, because handlers name them in decorated signatures: with `isolatedModules` and
// `emitDecoratorMetadata` TypeScript wants a value there.

/**
 * What a step may do. Between its awaits a step must depend on nothing but its input, its store and what these calls
 * and its tasks return: after a crash it runs again from its beginning, and they return what was recorded.
 *
 * @typeParam S the keys of the store and the types of their values
 */
export abstract class Context<S = Record<string, unknown>> {
  abstract readonly run: RunInfo;
  abstract readonly step: StepInfo;
  abstract readonly store: Store<S>;
  abstract readonly next: Next;
  /** Says nothing twice: it is silent while recorded work is replayed. */
  abstract readonly logger: LoggerService;
  /** Aborts when the step times out, is terminated, loses its lease, or its worker shuts down. */
  abstract readonly signal: AbortSignal;
  abstract readonly cancelRequested: boolean;
  /** The time of this call. */
  abstract now(): Promise<Date>;
  /** A number in [0, 1). */
  abstract random(): Promise<number>;
  abstract uuid4(): Promise<string>;
  /** The deadline is recorded first: a replay waits only what is left. */
  abstract sleep(duration: Duration): Promise<void>;
  /**
   * Starts a run whose parent is this one; returns once that is durable.
   *
   * @throws WorkflowAlreadyRunningError, WorkflowTypeNotRegisteredError
   */
  abstract startChild<W>(
    workflow: Type<W> | string,
    options: ChildOptions<InputOf<NoInfer<W>>>,
  ): Promise<WorkflowHandle<ResultOf<W>>>;
  /**
   * Starts a run and waits for its result.
   *
   * @throws as {@link startChild}, and WorkflowFailedError, WorkflowCancelledError, WorkflowTerminatedError or
   * WorkflowTimedOutError when the child has no result
   */
  abstract runChild<W>(
    workflow: Type<W> | string,
    options: ChildOptions<InputOf<NoInfer<W>>>,
  ): Promise<ResultOf<W>>;
  /** Sends an event to the run that started this one. @throws InvalidInputError when it has no parent */
  abstract sendToParent(event: string, payload?: unknown): Promise<void>;
  /** Sends an event to the active run of a workflow id. */
  abstract send(workflowId: string, event: string, payload?: unknown): Promise<void>;
}

/** What a query may do: it reads the run's committed state. */
export abstract class QueryContext<S = Record<string, unknown>> {
  abstract readonly run: RunInfo;
  /** A write throws StoreReadOnlyError. */
  abstract readonly store: Store<S>;
  abstract readonly logger: LoggerService;
}
