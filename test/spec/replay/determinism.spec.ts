import {
  type Context,
  type Directive,
  Start,
  Task,
  TaskContext,
  Workflow,
  type WorkflowHandle,
} from '@ground-control/nestjs';
import { Injectable, type Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

/** The names of the bodies that ran, by workflow id. */
const bodies = new Map<string, string[]>();

@Injectable()
class Tasks {
  @Task()
  async charge(amount: number): Promise<number> {
    return note('charge', amount);
  }

  @Task()
  async reserve(item: string): Promise<string> {
    return note('reserve', item);
  }

  @Task({ name: 'chargeCard' })
  async chargeUnderAnotherName(amount: number): Promise<number> {
    return note('chargeCard', amount);
  }

  /** Ends only when its step was taken from the worker, but for the versions that come after. */
  @Task()
  async hold(): Promise<string> {
    const { step, signal } = TaskContext.current();
    if (step.attempt > 1) return note('hold', 'held');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return 'taken away';
  }
}

function note<T>(name: string, value: T): T {
  const { workflowId } = TaskContext.current().run;
  bodies.set(workflowId, [...(bodies.get(workflowId) ?? []), name]);
  return value;
}

/** What a version of the workflow does. */
type Version = (tasks: Tasks, ctx: Context) => Promise<unknown>;

/** A class of the same workflow type, with other code. */
function versionOf(steps: Version): Type {
  @Workflow('Replay.Order')
  class OrderWorkflow {
    constructor(private readonly tasks: Tasks) {}

    @Start()
    async start(ctx: Context): Promise<Directive> {
      return ctx.next.complete(await steps(this.tasks, ctx));
    }
  }
  return OrderWorkflow;
}

const original: Version = async (tasks, ctx) => [
  await tasks.charge(10),
  await ctx.uuid4(),
  await tasks.reserve('lamp'),
  await tasks.hold(),
];

describe('a replay by other code', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start();
  });

  afterAll(() => world?.stop());

  /** A run that did as the original version does until its last task, and is then given to another version. */
  async function replayedBy(version: Version): Promise<{ result: Promise<unknown>; workflowId: string }> {
    const { first, handle } = await held();
    await first.close();
    const second = await world.serve([Tasks, versionOf(version)]);
    const result = handle.result();
    await result.catch(() => undefined);
    await second.close();
    return { result, workflowId: handle.workflowId };
  }

  /** A run whose worker, of the original version, is in its last task. */
  async function held(): Promise<{ first: TestingModule; handle: WorkflowHandle }> {
    const first = await world.serve([Tasks, versionOf(original)]);
    const handle = await world.client.start('Replay.Order');
    await expect
      .poll(async () => eventsOf(await handle.history(), 'task.started').at(-1)?.task, { timeout: 10_000 })
      .toBe('hold');
    return { first, handle };
  }

  /** What a run fails with that the version is given to; nothing was run again. */
  async function divergenceOf(version: Version): Promise<string> {
    const { result, workflowId } = await replayedBy(version);
    const error = await rejectionOf(result);
    expect(error.cause).toMatchObject({ type: 'NonDeterminismError', code: 'NON_DETERMINISM' });
    expect(bodies.get(workflowId)).toEqual(['charge', 'reserve']);
    const history = await world.client.handle(workflowId).history();
    expect(history.slice(-2)).toMatchObject([{ kind: 'step.failed', attempt: 2 }, { kind: 'run.failed' }]);
    return (error.cause as Error).message;
  }

  it('that does the same goes on where the run was, and runs no body again', async () => {
    const { result, workflowId } = await replayedBy(original);
    await expect(result).resolves.toMatchObject([10, expect.any(String), 'lamp', 'held']);
    expect(bodies.get(workflowId)).toEqual(['charge', 'reserve', 'hold']);
    const history = await world.client.handle(workflowId).history();
    expect(eventsOf(history, 'uuid.recorded')).toHaveLength(1);
  });

  it('that does things in another order fails the run, and says what was recorded and what was asked', async () => {
    await expect(
      divergenceOf(async (tasks, ctx) => [
        await tasks.reserve('lamp'),
        await ctx.uuid4(),
        await tasks.charge(10),
      ]),
    ).resolves.toContain(
      "Step start does not do what it did before. Operation 0: recorded is task charge(10), asked is task reserve('lamp').",
    );
  });

  it('that calls a task by another name fails the run', async () => {
    await expect(divergenceOf(async (tasks) => tasks.chargeUnderAnotherName(10))).resolves.toContain(
      'Operation 0: recorded is task charge(10), asked is task chargeCard(10).',
    );
  });

  it('that passes other arguments fails the run', async () => {
    await expect(divergenceOf(async (tasks) => tasks.charge(11))).resolves.toContain(
      'Operation 0: recorded is task charge(10), asked is task charge(11).',
    );
  });

  it('that lacks a task fails the run', async () => {
    await expect(
      divergenceOf(async (tasks, ctx) => [await tasks.charge(10), await ctx.uuid4(), await tasks.hold()]),
    ).resolves.toContain("Operation 2: recorded is task reserve('lamp'), asked is task hold().");
  });

  it('that ends before it has done all that was recorded fails the run', async () => {
    await expect(
      divergenceOf(async (tasks, ctx) => [await tasks.charge(10), await ctx.uuid4()]),
    ).resolves.toContain("Operation 2: recorded is task reserve('lamp'), the step ended without it.");
  });

  it('that asks for something else than a task fails the run', async () => {
    await expect(
      divergenceOf(async (tasks, ctx) => [await tasks.charge(10), await ctx.now()]),
    ).resolves.toContain('Operation 1: recorded is uuid(), asked is now().');
  });

  it('waits, where the worker is told to, for a worker whose code does what was recorded', async () => {
    const { first, handle } = await held();
    await first.close();
    const worker = { onNonDeterminism: 'wait' } as const;
    const broken = await world.serve([Tasks, versionOf((tasks) => tasks.charge(11))], { worker });
    const [, retried] = await world.recorded(handle.workflowId, 'step.retried', 2);
    expect(retried?.reason).toContain('recorded is task charge(10), asked is task charge(11)');
    expect(retried?.delayMs).toBe(500);
    await expect(handle.describe()).resolves.toMatchObject({
      status: 'running',
      waitingFor: { kind: 'retry', step: 'start', until: expect.any(Date) as Date },
    });
    const fixed = await world.serve([Tasks, versionOf(original)], { worker });
    await broken.close();
    await expect(handle.result()).resolves.toMatchObject([10, expect.any(String), 'lamp', 'held']);
    expect(bodies.get(handle.workflowId)).toEqual(['charge', 'reserve', 'hold']);
    await fixed.close();
  });

  it('may do more after what was recorded', async () => {
    const { result, workflowId } = await replayedBy(async (tasks, ctx) => [
      await original(tasks, ctx),
      await tasks.charge(5),
    ]);
    await expect(result).resolves.toMatchObject([[10, expect.any(String), 'lamp', 'held'], 5]);
    expect(bodies.get(workflowId)).toEqual(['charge', 'reserve', 'hold', 'charge']);
  });
});
