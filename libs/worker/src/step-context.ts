import type { Duration, RunInfo } from '@ground-control/protocol';
import type {
  ChildHandle,
  ChildOptions,
  Context,
  InputOf,
  Next,
  ResultOf,
  StepInfo,
  Store,
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
export class StepContext implements Context {
  constructor(private readonly host: ContextHost) {}

  get run(): RunInfo {
    return this.host.runInfo;
  }

  get step(): StepInfo {
    return this.host.stepInfo;
  }

  get store(): Store {
    return this.host.store;
  }

  get next(): Next {
    return this.host.next;
  }

  get logger(): LoggerService {
    return this.host.logger;
  }

  get signal(): AbortSignal {
    return this.host.signal;
  }

  get cancelRequested(): boolean {
    return this.host.cancelRequested;
  }

  now(): Promise<Date> {
    return callNow(this.host);
  }

  random(): Promise<number> {
    return callRandom(this.host);
  }

  uuid4(): Promise<string> {
    return callUuid(this.host);
  }

  sleep(duration: Duration): Promise<void> {
    return callSleep(this.host, duration);
  }

  startChild<W>(
    workflow: Type<W> | string,
    options: ChildOptions<InputOf<NoInfer<W>>>,
  ): Promise<ChildHandle<ResultOf<W>>> {
    return callStartChild(this.host, workflow, options) as Promise<ChildHandle<ResultOf<W>>>;
  }

  runChild<W>(workflow: Type<W> | string, options: ChildOptions<InputOf<NoInfer<W>>>): Promise<ResultOf<W>> {
    return callRunChild(this.host, workflow, options) as Promise<ResultOf<W>>;
  }

  sendToParent(event: string, payload?: unknown): Promise<void> {
    return callSendToParent(this.host, event, payload);
  }

  send(workflowId: string, event: string, payload?: unknown): Promise<void> {
    return callSend(this.host, workflowId, event, payload);
  }
}
