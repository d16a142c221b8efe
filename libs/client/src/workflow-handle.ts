import {
  assertName,
  CoordinatorUnavailableError,
  type HistoryEvent,
  ResultTimeoutError,
  type RunInfo,
  type RunRef,
  toMilliseconds,
  type ValueCodec,
} from '@ground-control/protocol';
import type { ResultOptions, SendOptions, UpdateOptions, WorkflowHandle } from '@ground-control/workflow';
import type { Observable } from 'rxjs';

import type { CoordinatorLink } from './coordinator-link.js';
import { HistoryReader } from './history-reader.js';
import { newId } from './identifiers.js';
import { decodeRunInfo } from './run-info.js';
import { resultOf } from './run-outcome.js';

/** A {@link WorkflowHandle} that asks the coordinators. Its calls are those of the interface, and documented there. */
export class LinkedWorkflowHandle<R = unknown> implements WorkflowHandle<R> {
  constructor(
    readonly workflowId: string,
    readonly runId: string | undefined,
    private readonly link: CoordinatorLink,
    private readonly values: ValueCodec,
  ) {}

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

  async describe(): Promise<RunInfo> {
    const { run } = await this.link.ask({ kind: 'workflow.describe', ...this.#run });
    return decodeRunInfo(run, this.values);
  }

  history(): Promise<HistoryEvent[]> {
    return this.#reader().readAll();
  }

  watch(): Observable<HistoryEvent> {
    return this.#reader().watch();
  }

  async send(event: string, payload?: unknown, options: SendOptions = {}): Promise<void> {
    assertName(event, 'The event');
    const eventId = idOf(options.eventId, 'The event id');
    const encoded = this.values.encode(payload, 'payload');
    await this.link.ask({ kind: 'workflow.send', ...this.#run, eventId, event, payload: encoded });
  }

  async query<T = unknown>(name: string, args?: unknown): Promise<T> {
    assertName(name, 'The query');
    const encoded = this.values.encode(args, 'args');
    const answer = await this.link.ask({ kind: 'workflow.query', ...this.#run, query: name, args: encoded });
    return this.values.decode(answer.result) as T;
  }

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

  async cancel(reason?: string): Promise<void> {
    await this.link.ask({ kind: 'workflow.cancel', ...this.#run, requestId: newId(), reason });
  }

  async terminate(reason?: string): Promise<void> {
    await this.link.ask({ kind: 'workflow.terminate', ...this.#run, requestId: newId(), reason });
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

function idOf(given: string | undefined, what: string): string {
  const id = given ?? newId();
  assertName(id, what);
  return id;
}
