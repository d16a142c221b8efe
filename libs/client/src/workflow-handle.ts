import {
  assertName,
  CoordinatorUnavailableError,
  type Duration,
  type HistoryEvent,
  ResultTimeoutError,
  type RunInfo,
  type RunRef,
  toMilliseconds,
  type ValueCodec,
} from '@ground-control/protocol';
import type { Observable } from 'rxjs';

import type { CoordinatorLink } from './coordinator-link.js';
import { HistoryReader } from './history-reader.js';
import { newId } from './identifiers.js';
import { decodeRunInfo } from './run-info.js';
import { resultOf } from './run-outcome.js';

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
 */
export class WorkflowHandle<R = unknown> {
  constructor(
    readonly workflowId: string,
    readonly runId: string | undefined,
    private readonly link: CoordinatorLink,
    private readonly values: ValueCodec,
  ) {}

  /**
   * Waits until the run has ended and returns its result.
   *
   * @throws WorkflowFailedError, WorkflowCancelledError, WorkflowTerminatedError, WorkflowTimedOutError
   * @throws ResultTimeoutError when the run goes on after the timeout
   */
  async result(options: ResultOptions = {}): Promise<R> {
    const timeoutMs = options.timeout === undefined ? Infinity : toMilliseconds(options.timeout, 'timeout');
    try {
      const ended = await this.link.ask({ kind: 'workflow.result', ...this.#run }, { timeoutMs });
      return resultOf(this.#run, ended, this.values) as R;
    } catch (error) {
      if (timeoutMs === Infinity || !(error instanceof CoordinatorUnavailableError)) throw error;
      throw this.#resultTimeout(timeoutMs, error);
    }
  }

  /** What the run is and does at the moment. */
  async describe(): Promise<RunInfo> {
    const { run } = await this.link.ask({ kind: 'workflow.describe', ...this.#run });
    return decodeRunInfo(run, this.values);
  }

  /** Everything that happened in the run so far, in order. */
  history(): Promise<HistoryEvent[]> {
    return this.#reader().readAll();
  }

  /**
   * What happened in the run, and then what happens, in order and without a gap; completes when the run has ended.
   * It goes on over restarts of coordinators and NATS; unsubscribing ends it.
   */
  watch(): Observable<HistoryEvent> {
    return this.#reader().watch();
  }

  /**
   * Sends an event; returns once it is durable in the run's inbox.
   *
   * @throws UnknownEventError when the workflow has no handler for it
   * @throws RunFinishedError when the run has ended
   */
  async send(event: string, payload?: unknown, options: SendOptions = {}): Promise<void> {
    assertName(event, 'The event');
    const eventId = idOf(options.eventId, 'The event id');
    const encoded = this.values.encode(payload, 'payload');
    await this.link.ask({ kind: 'workflow.send', ...this.#run, eventId, event, payload: encoded });
  }

  /**
   * Asks the run; it is answered from its committed state, also when it has ended.
   *
   * @throws UnknownQueryError when the workflow has no such query
   * @throws QueryFailedError when its handler threw
   */
  async query<T = unknown>(name: string, args?: unknown): Promise<T> {
    assertName(name, 'The query');
    const encoded = this.values.encode(args, 'args');
    const answer = await this.link.ask({ kind: 'workflow.query', ...this.#run, query: name, args: encoded });
    return this.values.decode(answer.result) as T;
  }

  /**
   * Asks the run to change and returns its handler's reply.
   *
   * @throws UpdateRejectedError when the handler threw or refused the payload; the run is as before
   * @throws RunFinishedError when the run has ended
   */
  async update<T = unknown>(name: string, payload?: unknown, options: UpdateOptions = {}): Promise<T> {
    assertName(name, 'The update');
    const updateId = idOf(options.updateId, 'The update id');
    const encoded = this.values.encode(payload, 'payload');
    const answer = await this.link.ask(
      { kind: 'workflow.update', ...this.#run, updateId, update: name, payload: encoded },
      options.timeout === undefined ? {} : { timeoutMs: toMilliseconds(options.timeout, 'timeout') },
    );
    return this.values.decode(answer.reply) as T;
  }

  /**
   * Asks the run to end: its step may finish, its `@OnCancel` handler cleans up. Asking again is harmless.
   *
   * @throws RunFinishedError when the run has ended
   */
  async cancel(reason?: string): Promise<void> {
    await this.link.ask({ kind: 'workflow.cancel', ...this.#run, reason });
  }

  /**
   * Ends the run at once; no more of its code is heard.
   *
   * @throws RunFinishedError when the run has ended
   */
  async terminate(reason?: string): Promise<void> {
    await this.link.ask({ kind: 'workflow.terminate', ...this.#run, reason });
  }

  get #run(): RunRef {
    return { workflowId: this.workflowId, runId: this.runId };
  }

  #reader(): HistoryReader {
    return new HistoryReader(this.#run, this.link, this.values);
  }

  #resultTimeout(timeoutMs: number, cause: Error): ResultTimeoutError {
    const what = `Workflow ${JSON.stringify(this.workflowId)}`;
    return new ResultTimeoutError(`${what} had no result within ${timeoutMs} ms.`, { cause });
  }
}

/** A handle that knows its run. */
export type StartedWorkflow<R = unknown> = WorkflowHandle<R> & { readonly runId: string };

function idOf(given: string | undefined, what: string): string {
  const id = given ?? newId();
  assertName(id, what);
  return id;
}
