import 'reflect-metadata';
import {
  type Assignment,
  type Operation,
  type ReportStep,
  type StepOutcome,
  ValueCodec,
  type WorkerRequest,
} from '@ground-control/protocol';
import { WorkflowMetadataAccessor } from '@ground-control/workflow';
import type { Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { vi } from 'vitest';
import { Failures } from './failures.js';
import { HandlerInvoker } from './handler-invoker.js';
import type { RunLinks } from './run-links.js';
import type { ServedWorkflow } from './served-workflow.js';
import { StepRunner } from './step-runner.js';
import type { Body, LinkReplyHandler, WorkerLink } from './worker-link.js';
import { WorkflowExplorer } from './workflow.explorer.js';

export const values: ValueCodec = new ValueCodec();
export const failures: Failures = new Failures(values);

/** A Nest application without a worker: what the explorer finds in it is run by the tests. */
export function applicationOf(...providers: Provider[]): Promise<TestingModule> {
  return Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [WorkflowMetadataAccessor, WorkflowExplorer, HandlerInvoker, ...providers],
  }).compile();
}

/** The workflows of an application that provides these. */
export async function serve(...providers: Provider[]): Promise<Map<string, ServedWorkflow>> {
  const application = await applicationOf(...providers);
  return application.get(WorkflowExplorer).explore();
}

/** Whether a request arrives, and its reply. */
export type Fate = 'answered' | 'request lost' | 'reply lost';

/** A reply that a test wants instead of the usual one. */
export type Answer = (request: WorkerRequest) => Body | undefined;

/** The leader's side of the steps of one run, in memory: it keeps what is recorded as the engine does. */
export class FakeLeader implements WorkerLink {
  readonly id = 'worker-1';
  readonly requests: WorkerRequest[] = [];
  readonly results: ReportStep[] = [];
  readonly replies: [correlation: number, body: Body][] = [];
  fate: (index: number) => Fate = () => 'answered';
  answer: Answer = () => undefined;

  constructor(readonly operations: Operation[] = []) {}

  request(_to: unknown, body: Body): Promise<Body> {
    return new Promise((resolve, reject) => {
      this.ask(_to, body, { onReply: resolve, onFailure: reject });
    });
  }

  ask(_to: unknown, body: Body, handler: LinkReplyHandler): void {
    const request = body as WorkerRequest;
    const fate = this.fate(this.requests.push(request) - 1);
    if (fate === 'request lost') return;
    const reply = this.answer(request) ?? this.take(request);
    if (fate === 'reply lost') return;
    // As on a network, the reply comes in another turn of the event loop.
    setImmediate(() => handler.onReply(reply));
  }

  reply(_peer: string, correlation: number, body: Body): void {
    this.replies.push([correlation, body]);
  }

  onRequest(): void {}

  onAnnouncement(): void {}

  /** The requests, in short. */
  get traffic(): string[] {
    return this.requests.map(({ kind, operations }) => [kind, ...operations.map((it) => it.kind)].join(' '));
  }

  private take(request: WorkerRequest): Body {
    const { offset, operations } = request;
    if (offset > this.operations.length) throw new Error('Operations before these are missing.');
    this.operations.push(...operations.slice(this.operations.length - offset));
    if (request.kind === 'step.result') this.results.push(request);
    return { kind: 'accepted' };
  }
}

/** An assignment of a run's step, the start if nothing else is said. */
export function assignmentOf(workflowType: string, fields: Partial<Assignment> = {}): Assignment {
  return {
    kind: 'assignment',
    partition: 0,
    runId: 'run-1',
    stepSeq: 1,
    attempt: 1,
    step: 'start',
    handler: 'start',
    input: undefined,
    failures: 0,
    operations: [],
    run: { workflowId: 'order-1', workflowType, startedAt: 1_700_000_000_000, store: [] },
    ...fields,
  };
}

export const noRuns: RunLinks = {
  start: () => Promise.reject(new Error('not in this test')),
  outcome: () => Promise.reject(new Error('not in this test')),
  send: () => Promise.reject(new Error('not in this test')),
  handle: () => {
    throw new Error('not in this test');
  },
};

/** A runner of these workflows' steps that reports to the leader. */
export function runnerOf(
  workflows: ReadonlyMap<string, ServedWorkflow>,
  link: WorkerLink,
  { runs = noRuns, codec = values, concurrency = 10, waitsForOtherCode }: RunnerParts = {},
): StepRunner {
  const services = { link, values: codec, failures: new Failures(codec), runs, waitsForOtherCode };
  return new StepRunner(workflows, { concurrency }, services);
}

export interface RunnerParts {
  runs?: RunLinks;
  codec?: ValueCodec;
  concurrency?: number;
  waitsForOtherCode?: boolean;
}

/** Runs one attempt of a step and waits for its result. */
export async function runStep(
  workflows: ReadonlyMap<string, ServedWorkflow>,
  leader: FakeLeader,
  assignment: Assignment,
  parts: RunnerParts = {},
): Promise<StepOutcome> {
  const reply = runnerOf(workflows, leader, parts).accept(assignment);
  if (reply.kind === 'assignment.refused') throw new Error(reply.reason);
  return resultOf(leader);
}

/** The outcome that the leader was told. */
export async function resultOf(leader: FakeLeader): Promise<StepOutcome> {
  const result = await vi.waitUntil(() => leader.results.at(-1), { timeout: 5_000, interval: 1 });
  return result.outcome;
}

/** What a run completed with. @throws the error that a step failed with */
export function completed(outcome: StepOutcome): unknown {
  if (outcome.kind === 'failed') throw failures.decode(outcome.error);
  if (outcome.kind !== 'directive' || outcome.directive.kind !== 'complete') {
    throw new Error(`The step did not complete its run: ${JSON.stringify(outcome)}`);
  }
  return values.decode(outcome.directive.result);
}

/** Runs the start of a workflow in one attempt. @returns what the run completed with */
export async function runStart(
  workflows: ReadonlyMap<string, ServedWorkflow>,
  type: string,
  input?: unknown,
  leader: FakeLeader = new FakeLeader(),
): Promise<unknown> {
  const assignment = assignmentOf(type, { input: values.encode(input, 'input') });
  return completed(await runStep(workflows, leader, assignment));
}
