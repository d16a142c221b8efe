import {
  type AnswerQuery,
  type Assignment,
  type StepNotice,
  type ValueCodec,
  type WorkerNotice,
  type WorkflowDefinition,
} from '@ground-control/protocol';
import { Logger } from '@nestjs/common';
import { Failures } from './failures.js';
import { QueryAnswerer } from './query-answerer.js';
import type { RunLinks } from './run-links.js';
import type { ServedWorkflow } from './served-workflow.js';
import { StepRunner } from './step-runner.js';
import { WorkerLease } from './worker-lease.js';
import type { Body, WorkerLink } from './worker-link.js';
import { resolveWorkerOptions, type ResolvedWorkerOptions, type WorkerOptions } from './worker-options.js';

/** How long a worker that stops waits for the answer when it says so, in milliseconds. */
const LEAVE_TIMEOUT_MS = 2_000;

/** What a worker is made of. */
export interface WorkerParts {
  link: WorkerLink;
  values: ValueCodec;
  runs: RunLinks;
  options?: WorkerOptions | undefined;
}

/** Serves workflows: registers them, runs the steps that it is given, answers queries. It holds no state of its own. */
export class Worker {
  private readonly logger = new Logger(Worker.name);
  private readonly link: WorkerLink;
  private readonly options: ResolvedWorkerOptions;
  private readonly steps: StepRunner;
  private readonly queries: QueryAnswerer;
  private readonly lease: WorkerLease;

  constructor(workflows: ReadonlyMap<string, ServedWorkflow>, { link, values, runs, options }: WorkerParts) {
    const failures = new Failures(values);
    this.link = link;
    this.options = resolveWorkerOptions(options);
    const waitsForOtherCode = this.options.onNonDeterminism === 'wait';
    this.steps = new StepRunner(workflows, this.options, {
      link,
      values,
      failures,
      runs,
      waitsForOtherCode,
    });
    this.queries = new QueryAnswerer(workflows, values, failures);
    this.lease = new WorkerLease(link, this.holder([...workflows.values()].map((it) => it.definition)));
  }

  /** Resolves once a coordinator has welcomed the worker. */
  get registered(): Promise<void> {
    return this.lease.registered;
  }

  /** Starts to serve. */
  start(): void {
    this.link.onRequest((from, correlation, body) => this.receive(from, correlation, body));
    this.lease.start();
  }

  /** Takes no more steps, lets those that run finish, gives back what does not in time, and leaves. */
  async stop(): Promise<void> {
    this.steps.refuseMore();
    await this.lease.drain(LEAVE_TIMEOUT_MS);
    await this.steps.drain(this.options.shutdownTimeoutMs);
    await this.lease.stop(LEAVE_TIMEOUT_MS);
  }

  private holder(definitions: WorkflowDefinition[]): ConstructorParameters<typeof WorkerLease>[1] {
    const { steps, options } = this;
    const { identity, concurrency: capacity } = options;
    return {
      registration: { identity, capacity, definitions },
      get held() {
        return steps.held;
      },
      describe: () => steps.describe(),
      lose: (keys, reason) => steps.lose(keys, reason),
    };
  }

  private receive(from: string, correlation: number, body: Body): void {
    switch (body.kind) {
      case 'assignment':
        return this.link.reply(from, correlation, this.steps.accept(body as Assignment));
      case 'step.abort':
      case 'step.cancel_requested':
        return this.steps.notice(body as StepNotice);
      case 'worker.unknown':
      case 'worker.wanted':
        return this.lease.notice(from, body as WorkerNotice);
      case 'query.answer':
        return void this.answer(from, correlation, body as AnswerQuery);
      default:
        return this.refuse(from, correlation, body);
    }
  }

  private async answer(from: string, correlation: number, query: AnswerQuery): Promise<void> {
    this.link.reply(from, correlation, await this.queries.answer(query));
  }

  private refuse(from: string, correlation: number, { kind }: Body): void {
    const message = `${JSON.stringify(kind.slice(0, 80))} is nothing that a worker takes.`;
    this.logger.warn(`${message} It came from ${from}.`);
    if (correlation > 0)
      this.link.reply(from, correlation, { kind: 'error', code: 'MALFORMED_MESSAGE', message } as Body);
  }
}
