import type { FailureOf } from './failure.js';
import type { RunStatus } from './operation.js';

/** What a run that does not run at the moment waits for. */
export interface WaitingForOf<Time> {
  /**
   * `event`: an event, named in `events` unless any will do; `timer`: a delayed start or step;
   * `retry`: the back-off before the next attempt of a step; `worker`: a live worker that has the step and room for it.
   */
  kind: 'event' | 'timer' | 'retry' | 'worker';
  events?: string[] | undefined;
  step?: string | undefined;
  /**
   * Of a run that waits for a worker: whether some live worker has the step, so that only room for it is missing; or
   * nobody has it.
   */
  isServed?: boolean | undefined;
  /** When the waiting ends by itself. */
  until?: Time | undefined;
}

/** The run that started this one. */
export interface ParentRef {
  workflowId: string;
  runId: string;
}

/** Labels given at the start of a run, to find it by. */
export type Attributes = Record<string, string | number | boolean>;

/** A run at a glance. */
export interface RunInfoOf<Time, Value> {
  /** The run id: a ULID. */
  id: string;
  workflowId: string;
  workflowType: string;
  status: RunStatus;
  startedAt: Time;
  closedAt?: Time | undefined;
  currentStep?: string | undefined;
  /** The attempt of the current step, counted from 1. */
  attempt?: number | undefined;
  waitingFor?: WaitingForOf<Time> | undefined;
  parent?: ParentRef | undefined;
  error?: FailureOf<Value> | undefined;
  attributes?: Attributes | undefined;
}

/** A run at a glance, as the client returns it. */
export type RunInfo = RunInfoOf<Date, unknown>;
/** A run at a glance, on the wire. */
export type WireRunInfo = RunInfoOf<number, Uint8Array>;
