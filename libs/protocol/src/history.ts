import type { Encoded } from './encoded.js';
import type { FailureOf } from './failure.js';
import type { HandlerKind } from './definition.js';
import type { ChildOutcomeOf, EndedStatus, Operation } from './operation.js';
import type { Attributes, ParentRef } from './run-info.js';

/** What every history event has: its number within the run, counted from 1, and when it happened. */
interface EventBase<Time> {
  seq: number;
  at: Time;
}

/** What the events of a step have. */
interface StepScope {
  step: string;
  /** The attempt of the step, counted from 1. */
  attempt: number;
  workerId: string;
}

/** What the events of an operation within a step have: `op` is the number of its call within the step, from 0. */
interface OperationScope extends StepScope {
  op: number;
}

type RunEvents<V> =
  | {
      kind: 'run.started';
      workflowId: string;
      workflowType: string;
      input: V;
      parent?: ParentRef | undefined;
      attributes?: Attributes | undefined;
    }
  | { kind: 'run.cancel_requested'; reason?: string | undefined }
  | { kind: 'run.completed'; result: V }
  | { kind: 'run.failed'; error: FailureOf<V> }
  | { kind: 'run.cancelled'; reason?: string | undefined }
  | { kind: 'run.terminated'; reason?: string | undefined }
  | { kind: 'run.timed_out' };

/** What a step did to the store: a new value of a key, or that it is gone. */
export type StoreChangeOf<V> = { key: string; value: V } | { key: string; deleted: true };

type StepEvents<V> =
  | ({ kind: 'step.started'; input: V } & StepScope)
  | ({
      kind: 'step.completed';
      directive: string;
      /** The step that follows, of a directive to one. */
      next?: string | undefined;
      store?: StoreChangeOf<V>[] | undefined;
    } & StepScope)
  | ({ kind: 'step.failed'; error: FailureOf<V> } & StepScope)
  | ({ kind: 'step.timed_out' } & StepScope)
  | ({ kind: 'step.retried'; reason: string; delayMs: number } & StepScope);

type WaitEvents<Time, V> =
  | { kind: 'wait.started'; events?: string[] | undefined; until?: Time | undefined }
  | { kind: 'wait.timed_out' }
  | { kind: 'event.received'; event: string; payload: V }
  | { kind: 'update.received'; update: string; payload: V };

type TaskEvents<V> =
  | ({ kind: 'task.started'; task: string; args: V } & OperationScope)
  | ({
      kind: 'task.attempt_failed';
      task: string;
      args: V;
      error: FailureOf<V>;
      taskAttempt: number;
    } & OperationScope)
  | ({ kind: 'task.completed'; task: string; args: V; result: V; durationMs: number } & OperationScope)
  | ({ kind: 'task.failed'; task: string; args: V; error: FailureOf<V>; durationMs: number } & OperationScope)
  | ({ kind: 'task.cancelled'; task: string; args: V; durationMs: number } & OperationScope);

type ValueEvents<Time, V> =
  | ({ kind: 'now.recorded'; value: Time } & OperationScope)
  | ({ kind: 'random.recorded'; value: number } & OperationScope)
  | ({ kind: 'uuid.recorded'; value: string } & OperationScope)
  | ({ kind: 'sleep.started'; until: Time } & OperationScope)
  | ({ kind: 'sleep.completed' } & OperationScope)
  | ({ kind: 'parent.event_sent'; to: string; event: string; payload: V } & OperationScope);

type ChildEvents<V> =
  | ({
      kind: 'child.started';
      workflowId: string;
      runId: string;
      workflowType: string;
      input: V;
    } & OperationScope)
  | ({ kind: 'child.completed'; status: EndedStatus } & ChildOutcomeOf<V>);

/** One event of a run's history; a closed union on `kind`. */
export type HistoryEventOf<Time, V> = EventBase<Time> &
  (
    RunEvents<V> | StepEvents<V> | WaitEvents<Time, V> | TaskEvents<V> | ValueEvents<Time, V> | ChildEvents<V>
  );

/** A history event, as the client returns it. */
export type HistoryEvent = HistoryEventOf<Date, unknown>;
/** A history event on the wire. */
export type WireHistoryEvent = HistoryEventOf<number, Encoded | undefined> & {
  replay?: ReplayNote | undefined;
};

/** What an event does not tell and a replay of its step needs. */
export interface ReplayNote {
  /** Of `step.started`: what the step was called for. */
  handler?: HandlerKind | undefined;
  /** Of `step.started`: the run id of the child whose outcome the step was called with. */
  child?: string | undefined;
  /** Of `task.started`: what its arguments are compared by. */
  digest?: Encoded | undefined;
  /** Operations that no event tells of or not in full, in the order in which they were recorded, up to this event. */
  operations?: Operation[] | undefined;
}
/** The kind of a history event. */
export type HistoryEventKind = HistoryEvent['kind'];
