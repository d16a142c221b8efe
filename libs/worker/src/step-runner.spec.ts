import { type Assignment, StepAbortedError, StepTimeoutError } from '@ground-control/protocol';
import { type Context, type Directive, Start, Step, Task, Workflow } from '@ground-control/workflow';
import { Injectable } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Deferred, deferred } from './deferred.js';
import type { ServedWorkflow } from './served-workflow.js';
import { assignmentOf, FakeLeader, resultOf, runnerOf, serve } from './worker.fixture.js';

let gate: Deferred<void>;
let contexts: Context[];
let started: number;

@Injectable()
class Tasks {
  @Task() async wait(): Promise<void> {
    started += 1;
    await gate.promise;
  }
}

@Workflow('Slow')
class SlowWorkflow {
  constructor(private readonly tasks: Tasks) {}
  @Start() async start(ctx: Context): Promise<Directive> {
    contexts.push(ctx);
    await this.tasks.wait();
    return ctx.next.step(this.after);
  }
  @Step() async after(ctx: Context): Promise<Directive> {
    contexts.push(ctx);
    return ctx.next.complete();
  }
}

let workflows: Map<string, ServedWorkflow>;
beforeAll(async () => {
  workflows = await serve(SlowWorkflow, Tasks);
});
beforeEach(() => {
  gate = deferred();
  contexts = [];
  started = 0;
});

const slow = (fields: Partial<Assignment> = {}): Assignment => assignmentOf('Slow', fields);
const turns = (count = 5): Promise<void> =>
  new Promise((resolve) => {
    const next = (left: number): void => void (left === 0 ? resolve() : setImmediate(next, left - 1));
    next(count);
  });

describe('the steps of a worker', () => {
  it('are listed while they run', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    expect(runner.accept(slow())).toEqual({ kind: 'assignment.accepted' });
    expect(runner.held).toEqual([{ partition: 0, runId: 'run-1', stepSeq: 1, attempt: 1 }]);
    gate.resolve();
    await resultOf(leader);
    await expect.poll(() => runner.held).toEqual([]);
  });

  it('are refused without a handler, a context or room', () => {
    const runner = runnerOf(workflows, new FakeLeader(), { concurrency: 1 });
    const reason = (assignment: Assignment): unknown => runner.accept(assignment);
    const { run: _run, ...withoutContext } = slow();
    expect(reason(slow({ step: 'gone', handler: 'step' }))).toMatchObject({
      kind: 'assignment.refused',
      reason: 'the worker has no step gone of workflow Slow',
    });
    expect(reason(assignmentOf('Unknown'))).toMatchObject({ kind: 'assignment.refused' });
    expect(reason(withoutContext)).toMatchObject({ reason: 'the worker does not know run run-1' });
    expect(reason(slow())).toEqual({ kind: 'assignment.accepted' });
    expect(reason(slow({ runId: 'run-2' }))).toMatchObject({ reason: 'the worker has no room' });
  });

  it('run once, however often they are assigned', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    for (let times = 0; times < 3; times++) expect(runner.accept(slow()).kind).toBe('assignment.accepted');
    gate.resolve();
    await resultOf(leader);
    await expect.poll(() => runner.held).toEqual([]);
    expect(runner.accept(slow()).kind).toBe('assignment.accepted');
    expect(started).toBe(1);
    expect(leader.results).toHaveLength(1);
  });

  it('give way to a later attempt', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    runner.accept(slow());
    runner.accept(slow({ attempt: 2 }));
    expect(contexts[0]?.signal.reason).toBeInstanceOf(StepAbortedError);
    expect(runner.held).toMatchObject([{ attempt: 2 }]);
    gate.resolve();
    await resultOf(leader);
    await turns();
    expect(leader.results.map(({ attempt }) => attempt)).toEqual([2]);
    expect(leader.requests.every(({ attempt }) => attempt === 2)).toBe(true);
  });

  it('stop without a word when they are aborted, lost or stale', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    for (const runId of ['aborted', 'lost', 'stale']) runner.accept(slow({ runId }));
    const [aborted, lost] = runner.held;
    leader.answer = () => ({ kind: 'stale' });
    runner.notice({ kind: 'step.abort', reason: 'terminated', ...(aborted as typeof lost & object) });
    runner.lose(lost ? [lost] : [], 'another has it');
    expect(runner.held).toMatchObject([{ runId: 'stale' }]);
    gate.resolve();
    await expect.poll(() => runner.held).toEqual([]);
    expect(contexts.map((ctx) => ctx.signal.reason as unknown)).toEqual(
      Array.from({ length: 3 }, () => expect.any(StepAbortedError) as unknown),
    );
    expect(leader.requests.map(({ runId }) => runId)).toEqual(['stale']);
  });

  it('are not stopped by a word about another attempt', () => {
    const runner = runnerOf(workflows, new FakeLeader());
    runner.accept(slow({ attempt: 2 }));
    runner.lose([{ partition: 0, runId: 'run-1', stepSeq: 1, attempt: 1 }], 'another has it');
    expect(contexts[0]?.signal.aborted).toBe(false);
  });

  it('stop when their time is up', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    runner.accept(slow({ remainingMs: 5, deadline: 1_800_000_000_000 }));
    expect(contexts[0]?.step.deadline).toEqual(new Date(1_800_000_000_000));
    await expect.poll(() => runner.held).toEqual([]);
    expect(contexts[0]?.signal.reason).toBeInstanceOf(StepTimeoutError);
    expect(leader.results).toEqual([]);
  });

  it('leave nothing behind that could go on', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    runner.accept(slow());
    runner.lose(runner.held, 'another has it');
    const [ctx] = contexts;
    const late = [ctx?.now(), ctx?.sleep(0), ctx?.uuid4()].map((call) =>
      Promise.race([call, turns().then(() => 'never')]),
    );
    await expect(Promise.all(late)).resolves.toEqual(['never', 'never', 'never']);
    expect(leader.requests).toEqual([]);
  });
});

describe('a worker that drains', () => {
  it('lets its steps finish, takes none, and wants none with a reply', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    runner.accept(slow());
    const drained = runner.drain(5_000);
    expect(runner.accept(slow({ runId: 'run-2' }))).toMatchObject({ reason: 'the worker drains' });
    gate.resolve();
    await drained;
    expect(leader.results).toMatchObject([{ outcome: { kind: 'directive' }, wantsNext: false }]);
  });

  it('gives back what does not finish in time, with what it recorded', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    runner.accept(slow());
    await runner.drain(1);
    expect(leader.traffic).toEqual(['step.result task.started']);
    expect(leader.results).toMatchObject([
      { outcome: { kind: 'released', reason: 'the worker shuts down' } },
    ]);
    expect(contexts[0]?.signal.reason).toBeInstanceOf(StepAbortedError);
    expect(runner.held).toEqual([]);
  });

  it('gives back a step that came with a reply', async () => {
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    const { run: _run, ...next } = slow({ stepSeq: 2, step: 'after', handler: 'step' });
    let drained: Promise<void> | undefined;
    leader.answer = (request) => {
      if (request.stepSeq !== 1 || request.kind !== 'step.result') return undefined;
      drained = runner.drain(5_000);
      return { kind: 'accepted', next } as { kind: string };
    };
    runner.accept(slow());
    gate.resolve();
    await vi.waitUntil(() => drained !== undefined);
    await drained;
    await expect.poll(() => leader.results).toMatchObject([{ stepSeq: 2, outcome: { kind: 'released' } }]);
  });
});
