import type { Duration, HistoryEvent, RunInfo } from '@ground-control/protocol';
import type { Observable } from 'rxjs';
import type { PayloadOf } from './inference.js';

export interface ResultOptions {
  /** How long to wait. @defaultValue for ever */
  timeout?: Duration | undefined;
}

export interface SendOptions {
  /** Sending twice with the same id sends one event. @defaultValue a new ULID */
  eventId?: string | undefined;
}

export interface UpdateOptions {
  /** Asking twice with the same id changes the run once, and both get the same answer. @defaultValue a new ULID */
  updateId?: string | undefined;
  /** How long to wait for the answer. @defaultValue the client's request timeout */
  timeout?: Duration | undefined;
}

/**
 * One run of a workflow: that of the run id, or the latest of the workflow id when the handle has none. A handle is
 * made locally and stays valid; its calls work from any process, also long after the run has ended.
 *
 * Every call throws WorkflowNotFoundError when there is no such run, and CoordinatorUnavailableError when no
 * coordinator answers within the request timeout.
 *
 * A class, as {@link Context} is, because it is named in decorated signatures; the client and the worker make them.
 *
 * @typeParam R the result of the workflow
 * @typeParam W the workflow class, where it is known: what is passed to a handler that is named as its method is then
 * of that method's type
 */
export abstract class WorkflowHandle<R = unknown, W = unknown> {
  abstract readonly workflowId: string;
  /** Absent in a handle of the latest run. */
  abstract readonly runId: string | undefined;

  /**
   * Waits until the run has ended and returns its result.
   *
   * @throws WorkflowFailedError, WorkflowCancelledError, WorkflowTerminatedError, WorkflowTimedOutError
   * @throws ResultTimeoutError when the run goes on after the timeout
   */
  abstract result(options?: ResultOptions): Promise<R>;

  /** What the run is and does at the moment. */
  abstract describe(): Promise<RunInfo>;

  /** Everything that happened in the run so far, in order. */
  abstract history(): Promise<HistoryEvent[]>;

  /**
   * What happened in the run, and then what happens, in order and without a gap; completes when the run has ended.
   * It goes on over restarts of coordinators and NATS; unsubscribing ends it.
   */
  abstract watch(): Observable<HistoryEvent>;

  /**
   * Sends an event; returns once it is durable in the run's inbox.
   *
   * @throws UnknownEventError when the workflow has no handler for it
   * @throws RunFinishedError when the run has ended
   */
  abstract send<N extends string>(event: N, payload?: PayloadOf<W, N>, options?: SendOptions): Promise<void>;

  /**
   * Asks the run; it is answered from its committed state, also when it has ended.
   *
   * @typeParam T the answer; where it is given, the arguments are not checked
   * @throws UnknownQueryError when the workflow has no such query
   * @throws QueryFailedError when its handler threw
   */
  abstract query<T = unknown, N extends string = string>(name: N, args?: PayloadOf<W, N>): Promise<T>;

  /**
   * Asks the run to change and returns its handler's reply.
   *
   * @typeParam T the reply; where it is given, the payload is not checked
   * @throws UpdateRejectedError when the handler threw or refused the payload; the run is as before
   * @throws RunFinishedError when the run has ended
   */
  abstract update<T = unknown, N extends string = string>(
    name: N,
    payload?: PayloadOf<W, N>,
    options?: UpdateOptions,
  ): Promise<T>;

  /**
   * Asks the run to end: its step may finish, its `@OnCancel` handler cleans up. Asking again is harmless.
   *
   * @throws RunFinishedError when the run has ended
   */
  abstract cancel(reason?: string): Promise<void>;

  /**
   * Ends the run at once; no more of its code is heard.
   *
   * @throws RunFinishedError when the run has ended
   */
  abstract terminate(reason?: string): Promise<void>;
}

/** A handle that knows its run. */
export type StartedWorkflow<R = unknown, W = unknown> = WorkflowHandle<R, W> & { readonly runId: string };
