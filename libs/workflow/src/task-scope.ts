import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunInfo } from '@ground-control/protocol';
import type { StepInfo } from './context.js';
import type { TaskMetadata } from './task-metadata.js';

/** What the body of a task may know of its call. */
export interface CurrentTask {
  /** The attempt of this call, counted from 1. */
  readonly attempt: number;
  /** The same on every attempt and every replay of this call, and no other call's: what makes its effect idempotent. */
  readonly idempotencyKey: string;
  /** Aborts on the task's timeout, and when its step ends without it. */
  readonly signal: AbortSignal;
  readonly run: RunInfo;
  readonly step: StepInfo;
}

/** Runs the task calls of a step; the worker has one for each step. */
export interface TaskRunner {
  /** Runs the task, or returns what was recorded of this call. */
  runTask(task: TaskMetadata, args: readonly unknown[], body: () => unknown): Promise<unknown>;
}

/** What the code that runs now runs for: the handler of a step, or the body of a task. */
type Scope = { step: TaskRunner; task?: undefined } | { task: CurrentTask; step?: undefined };

const scopes = new AsyncLocalStorage<Scope>();

/** The step whose handler makes this call; undefined outside of one and within the body of a task. */
export function currentStep(): TaskRunner | undefined {
  return scopes.getStore()?.step;
}

/** The task whose body makes this call. */
export function currentTask(): CurrentTask | undefined {
  return scopes.getStore()?.task;
}

/** Calls a step's handler: tasks that are called from it are the step's. */
export function runAsStep<T>(step: TaskRunner, handler: () => T): T {
  return scopes.run({ step }, handler);
}

/** Calls a task's body: tasks that are called from it are plain methods. */
export function runAsTask<T>(task: CurrentTask, body: () => T): T {
  return scopes.run({ task }, body);
}

/** Calls what belongs to no step, for example a query's handler. */
export function runOutsideSteps<T>(body: () => T): T {
  return scopes.exit(body);
}
