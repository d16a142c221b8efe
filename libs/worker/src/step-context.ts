import type { Duration, RunInfo } from '@ground-control/protocol';
import {
  type WorkflowHandle,
  type ChildOptions,
  Context,
  type InputOf,
  type Next,
  type ResultOf,
  type StepInfo,
  type Store,
} from '@ground-control/workflow';
import type { LoggerService, Type } from '@nestjs/common';
import type { CallHost } from './call-host.js';
import { callRunChild, callStartChild } from './child-call.js';
import { callSend, callSendToParent } from './send-call.js';
import { callSleep } from './sleep-call.js';
import { callNow, callRandom, callUuid } from './value-calls.js';

/** What a step's context needs of it. */
export interface ContextHost extends CallHost {
  readonly store: Store;
  readonly logger: LoggerService;
  readonly signal: AbortSignal;
  readonly cancelRequested: boolean;
}

/** The context that a handler gets. */
export class StepContext extends Context {
  constructor(private readonly host: ContextHost) {
    super();
  }

  override get run(): RunInfo {
    return this.host.runInfo;
  }

  override get step(): StepInfo {
    return this.host.stepInfo;
  }

  override get store(): Store {
    return this.host.store;
  }

  override get next(): Next {
    return this.host.next;
  }

  override get logger(): LoggerService {
    return this.host.logger;
  }

  override get signal(): AbortSignal {
    return this.host.signal;
  }

  override get cancelRequested(): boolean {
    return this.host.cancelRequested;
  }

  override now(): Promise<Date> {
    return callNow(this.host);
  }

  override random(): Promise<number> {
    return callRandom(this.host);
  }

  override uuid4(): Promise<string> {
    return callUuid(this.host);
  }

  override sleep(duration: Duration): Promise<void> {
    return callSleep(this.host, duration);
  }

  override startChild<W>(
    workflow: Type<W> | string,
    options: ChildOptions<InputOf<NoInfer<W>>>,
  ): Promise<WorkflowHandle<ResultOf<W>>> {
    return callStartChild(this.host, workflow, options) as Promise<WorkflowHandle<ResultOf<W>>>;
  }

  override runChild<W>(
    workflow: Type<W> | string,
    options: ChildOptions<InputOf<NoInfer<W>>>,
  ): Promise<ResultOf<W>> {
    return callRunChild(this.host, workflow, options) as Promise<ResultOf<W>>;
  }

  override sendToParent(event: string, payload?: unknown): Promise<void> {
    return callSendToParent(this.host, event, payload);
  }

  override send(workflowId: string, event: string, payload?: unknown): Promise<void> {
    return callSend(this.host, workflowId, event, payload);
  }
}
