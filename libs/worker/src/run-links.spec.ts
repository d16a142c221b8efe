import {
  type ChildOutcomeOf,
  type ChildStarted,
  type Encoded,
  type Operation,
  RunFinishedError,
  type SendEvent,
  WorkflowAlreadyRunningError,
  WorkflowFailedError,
} from '@ground-control/protocol';
import {
  type WorkflowHandle,
  type ChildOutcome,
  type Context,
  type Directive,
  Start,
  Step,
  Task,
  Workflow,
} from '@ground-control/workflow';
import { Injectable } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Deferred, deferred } from './deferred.js';
import type { RunLinks } from './run-links.js';
import type { ServedWorkflow } from './served-workflow.js';
import { assignmentOf, completed, FakeLeader, runnerOf, runStep, serve, values } from './worker.fixture.js';

/** Other runs, in memory. */
class FakeRuns implements RunLinks {
  readonly started: ChildStarted[] = [];
  readonly sent: Omit<SendEvent, 'kind'>[] = [];
  refusal: Error | undefined;
  answered: Promise<void> = Promise.resolve();
  ended: Deferred<ChildOutcomeOf<Encoded>> = deferred();

  async start(child: ChildStarted): Promise<void> {
    this.started.push(child);
    await this.answered;
    if (this.refusal) throw this.refusal;
  }
  outcome(): Promise<ChildOutcomeOf<Encoded>> {
    return this.ended.promise;
  }
  async send(event: Omit<SendEvent, 'kind'>): Promise<void> {
    this.sent.push(event);
    if (this.refusal) throw this.refusal;
  }
  handle(workflowId: string, runId: string): WorkflowHandle {
    return { workflowId, runId } as WorkflowHandle;
  }
}

@Injectable()
class Tasks {
  @Task() async work(name: string): Promise<string> {
    return name;
  }
}

type Handler = (ctx: Context, tasks: Tasks) => unknown;
let handler: Handler = () => undefined;
let lastOutcome: ChildOutcome<string> | undefined;

@Workflow('Parent')
class Parent {
  constructor(private readonly tasks: Tasks) {}
  @Start() async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete(await handler(ctx, this.tasks));
  }
  @Step() async childEnded(ctx: Context, outcome: ChildOutcome<string>): Promise<Directive> {
    lastOutcome = outcome;
    return ctx.next.complete(outcome.ok && outcome.unwrap());
  }
  readonly onCompleted = this.childEnded;
}

@Workflow('Child')
class Child {
  async start(ctx: Context, _input: number): Promise<Directive<string>> {
    return ctx.next.complete('done');
  }
}

let workflows: Map<string, ServedWorkflow>;
let runs: FakeRuns;
beforeAll(async () => {
  workflows = await serve(Parent, Tasks);
});
beforeEach(() => {
  runs = new FakeRuns();
});

async function run(handle: Handler, leader: FakeLeader = new FakeLeader(), attempt = 1): Promise<unknown> {
  handler = handle;
  const assignment = assignmentOf('Parent', { attempt, operations: [...leader.operations] });
  if (assignment.run) assignment.run.parent = { workflowId: 'grandparent', runId: 'run-0' };
  return completed(await runStep(workflows, leader, assignment, { runs }));
}

const done = (fields: Partial<ChildOutcomeOf<Encoded>> = {}): ChildOutcomeOf<Encoded> => ({
  workflowId: 'c-1',
  runId: 'r',
  status: 'completed',
  result: values.encode('done', 'result'),
  ...fields,
});

const start: Handler = async (ctx) => {
  const handle = await ctx.startChild(Child, { id: 'c-1', input: 5 });
  return [handle.workflowId, handle.runId];
};

describe('a child that is started', () => {
  it('is recorded first, with a run id that only this call comes to', async () => {
    const leader = new FakeLeader();
    const [workflowId, runId] = (await run(start, leader)) as [string, string];
    expect(workflowId).toBe('c-1');
    expect(runId).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(leader.traffic).toEqual(['step.record child.started', 'step.result']);
    expect(runs.started).toMatchObject([
      { workflowType: 'Child', workflowId: 'c-1', runId, parentClosePolicy: 'abandon' },
    ]);
    expect(values.decode(runs.started[0]?.input)).toBe(5);
  });

  it('is started again under the same run id in a replay', async () => {
    const leader = new FakeLeader();
    const first = await run(start, leader);
    const second = await run(start, new FakeLeader(leader.operations.slice()), 2);
    expect(second).toEqual(first);
    expect(new Set(runs.started.map(({ runId }) => runId)).size).toBe(1);
  });

  it('may be refused, which is recorded', async () => {
    const handle: Handler = async (ctx, tasks) => {
      const error: unknown = await ctx.startChild('Child', { id: 'c-1' }).catch((thrown: unknown) => thrown);
      return [error instanceof WorkflowAlreadyRunningError, await tasks.work('after')];
    };
    runs.refusal = new WorkflowAlreadyRunningError('it runs');
    const leader = new FakeLeader();
    await expect(run(handle, leader)).resolves.toEqual([true, 'after']);
    runs.refusal = undefined;
    const again = new FakeLeader(leader.operations.slice(0, 2));
    await expect(run(handle, again, 2)).resolves.toEqual([true, 'after']);
    expect(runs.started).toHaveLength(1);
  });

  it('holds back the outcomes behind it until its start is answered', async () => {
    const answered = deferred<void>();
    runs.answered = answered.promise;
    const order: string[] = [];
    const leader = new FakeLeader();
    const running = run(async (ctx, tasks) => {
      await Promise.all([
        ctx.startChild('Child', { id: 'c-1' }).then(() => order.push('child')),
        tasks.work('task').then(() => order.push('task')),
      ]);
      return order;
    }, leader);
    await vi.waitUntil(() => leader.operations.some((entry) => entry.kind === 'task.completed'));
    answered.resolve();
    await expect(running).resolves.toEqual(['child', 'task']);
  });

  it('is started before the step ends, awaited or not', async () => {
    const answered = deferred<void>();
    runs.answered = answered.promise;
    const leader = new FakeLeader();
    const running = run((ctx) => void ctx.startChild('Child', { id: 'c-1' }), leader);
    await vi.waitUntil(() => runs.started.length === 1);
    expect(leader.results).toEqual([]);
    answered.resolve();
    await running;
  });

  it('names the step that gets its outcome', async () => {
    const handle: Handler = (ctx) =>
      ctx.startChild('Child', { id: 'c-1', onCompleted: Parent.prototype.childEnded, timeout: '1h' });
    await run(handle);
    expect(runs.started[0]).toMatchObject({ onCompleted: 'childEnded', timeoutMs: 3_600_000 });
    await expect(
      run((ctx) => ctx.startChild('Child', { id: 'c-1', onCompleted: Child.prototype.start })),
    ).rejects.toThrow(/the onCompleted of a child got the function start/);
  });

  it('gives its outcome to that step', async () => {
    const step = { step: 'childEnded', handler: 'step' as const };
    const outcome = await runStep(
      workflows,
      new FakeLeader(),
      assignmentOf('Parent', { ...step, childOutcome: done() }),
    );
    expect(completed(outcome)).toBe('done');
    const error = { type: 'Error', message: 'broke' };
    const failed = done({ status: 'failed', result: undefined, error });
    await runStep(workflows, new FakeLeader(), assignmentOf('Parent', { ...step, childOutcome: failed }));
    expect(lastOutcome).toMatchObject({ ok: false, status: 'failed', error });
    expect(() => lastOutcome?.unwrap()).toThrow(WorkflowFailedError);
  });
});

describe('a child that is run', () => {
  const runChild: Handler = async (ctx, tasks) => {
    const result = await ctx.runChild(Child, { id: 'c-1', input: 5 });
    return [result, await tasks.work('after')];
  };

  it('gives its result, which is recorded', async () => {
    const leader = new FakeLeader();
    runs.ended.resolve(done());
    await expect(run(runChild, leader)).resolves.toEqual(['done', 'after']);
    expect(leader.operations.map((entry) => entry.kind).slice(0, 2)).toEqual([
      'child.started',
      'child.completed',
    ]);
    runs.ended = deferred();
    await expect(run(runChild, new FakeLeader(leader.operations.slice(0, 2)), 2)).resolves.toEqual([
      'done',
      'after',
    ]);
    expect(runs.started).toHaveLength(1);
  });

  it('is waited for again after a crash', async () => {
    const leader = new FakeLeader();
    handler = runChild;
    const runner = runnerOf(workflows, leader, { runs });
    runner.accept(assignmentOf('Parent'));
    await vi.waitUntil(() => runs.started.length === 1);
    runner.lose(runner.held, 'crash');
    runs.ended.resolve(done());
    await expect(run(runChild, new FakeLeader(leader.operations), 2)).resolves.toEqual(['done', 'after']);
    expect(new Set(runs.started.map(({ runId }) => runId)).size).toBe(1);
  });

  it('throws when it has no result, or was refused', async () => {
    runs.ended.resolve(done({ status: 'failed', error: { type: 'Error', message: 'broke' } }));
    await expect(run(runChild)).rejects.toMatchObject({ code: 'WORKFLOW_FAILED' });
    runs.refusal = new WorkflowAlreadyRunningError('it runs');
    await expect(run(runChild)).rejects.toThrow(WorkflowAlreadyRunningError);
  });

  it('is recorded as two calls when two are run', async () => {
    runs.ended.resolve(done());
    const both: Handler = (ctx) =>
      Promise.all(['c-1', 'c-2'].map((id) => ctx.runChild(Child, { id, input: 1 })));
    const leader = new FakeLeader();
    await expect(run(both, leader)).resolves.toEqual(['done', 'done']);
    expect(new Set(runs.started.map(({ runId }) => runId)).size).toBe(2);
    await expect(run(both, new FakeLeader(leader.operations.slice()), 2)).resolves.toEqual(['done', 'done']);
  });
});

describe('an event to another run', () => {
  const send: Handler = async (ctx, tasks) => {
    const now = await ctx.now();
    await ctx.send('order-2', 'paid', now);
    await ctx.sendToParent('child.paid');
    return tasks.work('after');
  };

  it('is sent once all before it is durable, and recorded', async () => {
    const leader = new FakeLeader();
    await run(send, leader);
    expect(leader.operations.map((entry) => entry.kind).slice(0, 3)).toEqual([
      'now.recorded',
      'event.sent',
      'event.sent',
    ]);
    expect(leader.traffic[0]).toBe('step.record now.recorded');
    expect(runs.sent).toMatchObject([
      { workflowId: 'order-2', event: 'paid', eventId: 'run-1.1.1' },
      { workflowId: 'grandparent', runId: 'run-0', event: 'child.paid', eventId: 'run-1.1.2' },
    ]);
    const [, , toParent] = leader.operations as Extract<Operation, { kind: 'event.sent' }>[];
    expect(toParent?.toParent).toBe(true);
  });

  it('is not sent again in a replay', async () => {
    const leader = new FakeLeader();
    await run(send, leader);
    await run(send, new FakeLeader(leader.operations.slice(0, 3)), 2);
    expect(runs.sent).toHaveLength(2);
  });

  it('may be refused, which is recorded', async () => {
    const handle: Handler = async (ctx, tasks) => {
      const error: unknown = await ctx.send('order-2', 'paid').catch((thrown: unknown) => thrown);
      return [error instanceof RunFinishedError, await tasks.work('after')];
    };
    runs.refusal = new RunFinishedError('it ended');
    const leader = new FakeLeader();
    await expect(run(handle, leader)).resolves.toEqual([true, 'after']);
    runs.refusal = undefined;
    await expect(run(handle, new FakeLeader(leader.operations.slice(0, 1)), 2)).resolves.toEqual([
      true,
      'after',
    ]);
    expect(runs.sent).toHaveLength(1);
  });

  it('to a parent needs one', async () => {
    handler = (ctx) => ctx.sendToParent('paid');
    const outcome = await runStep(workflows, new FakeLeader(), assignmentOf('Parent'), { runs });
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'INVALID_INPUT' } });
  });
});
