import {
  type Context,
  type Directive,
  Start,
  Task,
  TaskContext,
  TaskFailedError,
  Workflow,
} from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atLeastOnce, nthAttempt, undisturbed } from '../support/at-least-once.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, type SpecWorker, SpecWorld } from '../support/spec-world.fixture.js';

class GatewayError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}
class CardDeclinedError extends GatewayError {}

interface Attempt {
  attempt: number;
  key: string;
  at: number;
}

/** Each time that a body ran. */
const bodies = new Ledger<Attempt>('bodies');

function noteBody(): number {
  const { attempt, idempotencyKey: key, run } = TaskContext.current();
  bodies.note(run.workflowId, { attempt, key, at: Date.now() });
  return attempt;
}

function bodiesOf({ workflowId }: { workflowId: string }): Attempt[] {
  return atLeastOnce(bodies.of(workflowId), ({ attempt, key }) => [attempt, key]);
}

@Injectable()
class GatewayTasks {
  @Task({ retry: { maxAttempts: 4, initialDelay: 20, backoffMultiplier: 3, maxDelay: 100 } })
  async flaky(failures: number): Promise<number> {
    const attempt = noteBody();
    if (attempt <= failures) throw new GatewayError(`attempt ${attempt}`, 503);
    return attempt;
  }

  @Task({ retry: { maxAttempts: 4, initialDelay: 100, backoffMultiplier: 1, jitter: 0.5 } })
  async jittery(): Promise<void> {
    noteBody();
    throw new GatewayError('always', 500);
  }

  @Task({ retry: { maxAttempts: 5, initialDelay: 1, nonRetryableErrors: ['CardDeclinedError'] } })
  async charge(declined: boolean): Promise<void> {
    noteBody();
    throw declined ? new CardDeclinedError('no credit', 402) : new GatewayError('try again', 503);
  }

  @Task({ retry: { maxAttempts: 5, initialDelay: 1, retryableErrors: [GatewayError] } })
  async refund(broken: boolean): Promise<void> {
    noteBody();
    throw broken ? new TypeError('a bug') : new CardDeclinedError('a subclass', 402);
  }

  @Task({ retry: { maxAttempts: 3, initialDelay: '2s' } })
  async slowly(): Promise<number> {
    const attempt = noteBody();
    if (attempt === 1) throw new GatewayError('down', 503);
    return attempt;
  }
}

type TaskName = 'flaky' | 'jittery' | 'charge' | 'refund' | 'slowly';

@Workflow('Tasks.Retry')
class RetryWorkflow {
  constructor(private readonly tasks: GatewayTasks) {}

  @Start()
  async start(ctx: Context, [task, arg]: [TaskName, unknown?]): Promise<Directive> {
    return ctx.next.complete(await (this.tasks[task] as (arg: unknown) => Promise<unknown>)(arg));
  }
}

@Workflow('Tasks.Catch')
class CatchWorkflow {
  constructor(private readonly tasks: GatewayTasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    try {
      await this.tasks.charge(true);
      return ctx.next.complete([]);
    } catch (error) {
      const { message, status } = error as CardDeclinedError;
      const classes = [CardDeclinedError, GatewayError, Error].map((known) => error instanceof known);
      return ctx.next.complete([...classes, message, status]);
    }
  }
}

const APP = served([GatewayTasks, RetryWorkflow, CatchWorkflow]);

describe('a task that throws', () => {
  let world: SpecWorld;
  let worker: SpecWorker;

  beforeAll(async () => {
    world = await SpecWorld.start();
    worker = await world.serve(APP);
  });

  afterAll(() => world?.stop());

  it('is tried again after a delay that grows, and every attempt is recorded', async () => {
    const handle = await world.client.start(RetryWorkflow, { input: ['flaky', 3] });
    await expect(handle.result()).resolves.toBe(4);
    const ran = bodiesOf(handle);
    expect(ran.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    const delays = ran.slice(1).map(({ at }, index) => at - (ran[index]?.at ?? 0));
    for (const [index, least] of [20, 60, 100].entries()) expect(delays[index]).toBeGreaterThanOrEqual(least);
    const history = await handle.history();
    const failed = eventsOf(history, 'task.attempt_failed');
    expect(
      failed.map(({ task, taskAttempt, args, error }) => [
        task,
        taskAttempt,
        args,
        error.type,
        error.message,
      ]),
    ).toEqual([
      ['flaky', 1, [3], 'GatewayError', 'attempt 1'],
      ['flaky', 2, [3], 'GatewayError', 'attempt 2'],
      ['flaky', 3, [3], 'GatewayError', 'attempt 3'],
    ]);
    expect(eventsOf(history, 'task.completed')).toMatchObject([{ task: 'flaky', result: 4, args: [3] }]);
    expect(eventsOf(undisturbed(history), 'step.started')).toHaveLength(1);
  });

  it('hands the error of its last attempt to the step', async () => {
    const handle = await world.client.start(RetryWorkflow, { input: ['flaky', 4] });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'GatewayError', message: 'attempt 4', details: { status: 503 } },
    });
    const history = await handle.history();
    expect(eventsOf(history, 'task.attempt_failed')).toHaveLength(3);
    expect(eventsOf(history, 'task.failed')).toMatchObject([
      { task: 'flaky', error: { message: 'attempt 4' } },
    ]);
  });

  it('waits a delay that varies by the jitter', async () => {
    const handle = await world.client.start(RetryWorkflow, { input: ['jittery'] });
    await rejectionOf(handle.result());
    const ran = bodiesOf(handle);
    const delays = ran.slice(1).map(({ at }, index) => at - (ran[index]?.at ?? 0));
    expect(delays).toHaveLength(3);
    for (const delay of delays) expect(delay).toBeGreaterThanOrEqual(50);
    expect(new Set(delays).size).toBeGreaterThan(1);
  });

  it('is not tried again after an error that is listed as not retryable', async () => {
    const declined = await world.client.start(RetryWorkflow, { input: ['charge', true] });
    await rejectionOf(declined.result());
    expect(bodiesOf(declined)).toHaveLength(1);
    const transient = await world.client.start(RetryWorkflow, { input: ['charge', false] });
    await rejectionOf(transient.result());
    expect(bodiesOf(transient)).toHaveLength(5);
  });

  it('is tried again only after errors of the listed classes and their subclasses', async () => {
    const broken = await world.client.start(RetryWorkflow, { input: ['refund', true] });
    await rejectionOf(broken.result());
    expect(bodiesOf(broken)).toHaveLength(1);
    const subclass = await world.client.start(RetryWorkflow, { input: ['refund', false] });
    await rejectionOf(subclass.result());
    expect(bodiesOf(subclass)).toHaveLength(5);
  });

  it('throws an error of its class, with its fields, into the step', async () => {
    await expect(world.client.run(CatchWorkflow)).resolves.toEqual([true, true, true, 'no credit', 402]);
  });

  it('goes on at the right attempt, at the right time, on another worker when its worker goes in between', async () => {
    const handle = await world.client.start(RetryWorkflow, { input: ['slowly'] });
    const [failed] = await world.recorded(handle.workflowId, 'task.attempt_failed');
    const [another] = await Promise.all([world.serve(APP), worker.close()]);
    worker = another;
    await expect(handle.result()).resolves.toBe(2);
    const ran = bodiesOf(handle);
    expect(ran.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(new Set(ran.map(({ key }) => key)).size).toBe(1);
    expect((ran[1]?.at ?? 0) - (failed?.at.getTime() ?? Infinity)).toBeGreaterThanOrEqual(2_000);
    expect(eventsOf(await handle.history(), 'step.started').at(-1)?.attempt).toEqual(nthAttempt(2));
  });
});

describe('a task whose error class a process does not know', () => {
  it('throws a TaskFailedError that has type, message and fields', () => {
    const error = new TaskFailedError({
      type: 'ElsewhereError',
      message: 'far away',
      details: { status: 500 },
    });
    expect(error).toMatchObject({ type: 'ElsewhereError', message: 'far away', details: { status: 500 } });
  });
});
