import {
  type Context,
  type Directive,
  type GroundControlError,
  Start,
  Task,
  TaskContext,
  TaskTimeoutError,
  Workflow,
} from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nthAttempt, PACE, toldByTheLiving } from '../support/at-least-once.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, SpecWorld } from '../support/spec-world.fixture.js';

/** Why the signals of bodies aborted, in order. */
const aborted = new Ledger<string>('aborted');

function untilAborted(): Promise<void> {
  const { signal, run } = TaskContext.current();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      aborted.note(run.workflowId, (signal.reason as GroundControlError).code);
      resolve();
    });
  });
}

@Injectable()
class Tasks {
  @Task({ timeout: 50, retry: { maxAttempts: 3, initialDelay: 1 } })
  async slowTwice(): Promise<number> {
    const { attempt } = TaskContext.current();
    if (attempt < 3) await untilAborted();
    return attempt;
  }

  @Task({ timeout: 50 })
  async slow(): Promise<void> {
    await untilAborted();
  }

  @Task()
  async never(): Promise<void> {
    await untilAborted();
  }

  @Task()
  async quick(): Promise<string> {
    return 'quick';
  }
}

@Workflow('Tasks.SlowTwice')
class SlowTwiceWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive<number>> {
    return ctx.next.complete(await this.tasks.slowTwice());
  }
}

@Workflow('Tasks.Slow')
class SlowWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive<string>> {
    try {
      await this.tasks.slow();
      return ctx.next.complete('done');
    } catch (error) {
      return ctx.next.complete(error instanceof TaskTimeoutError ? error.message : 'another error');
    }
  }
}

@Workflow('Tasks.LeftBehind')
class LeftBehindWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete((await Promise.race([this.tasks.never(), this.tasks.quick()])) ?? 'never');
  }
}

@Workflow('Tasks.StepTimeout')
class StepTimeoutWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start({ timeout: 200 * PACE })
  async start(ctx: Context): Promise<Directive> {
    await this.tasks.never();
    return ctx.next.complete();
  }
}

const APP = served([Tasks, SlowTwiceWorkflow, SlowWorkflow, LeftBehindWorkflow, StepTimeoutWorkflow]);

describe('a task', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it('has a timeout for each attempt, and its signal aborts with it', async () => {
    const handle = await world.client.start(SlowTwiceWorkflow);
    await expect(handle.result()).resolves.toBe(3);
    await toldByTheLiving(() =>
      expect(aborted.of(handle.workflowId)).toEqual(['TASK_TIMEOUT', 'TASK_TIMEOUT']),
    );
    const failed = eventsOf(await handle.history(), 'task.attempt_failed');
    expect(failed.map(({ taskAttempt, error }) => [taskAttempt, error.code])).toEqual([
      [1, 'TASK_TIMEOUT'],
      [2, 'TASK_TIMEOUT'],
    ]);
  });

  it('throws TaskTimeoutError into the step when the last attempt took too long', async () => {
    await expect(world.client.run(SlowWorkflow)).resolves.toBe(
      'Task slow was not done within 50 ms (attempt 1).',
    );
  });

  it('that the step did not wait for is cancelled, which is recorded and aborts its signal', async () => {
    const handle = await world.client.start(LeftBehindWorkflow);
    await expect(handle.result()).resolves.toBe('quick');
    await toldByTheLiving(() => expect(aborted.of(handle.workflowId)).toEqual(['STEP_ABORTED']));
    const history = await handle.history();
    const cancelled = eventsOf(history, 'task.cancelled');
    expect(cancelled).toMatchObject([{ task: 'never', step: 'start', attempt: nthAttempt(1) }]);
    expect(cancelled[0]?.durationMs).toBeGreaterThanOrEqual(0);
    const kinds = history.map(({ kind }) => kind);
    expect(kinds.indexOf('task.cancelled')).toBeLessThan(kinds.indexOf('step.completed'));
  });

  it('is aborted with the step that it runs in', async () => {
    const handle = await world.client.start(StepTimeoutWorkflow);
    await expect(handle.result()).rejects.toMatchObject({ cause: { code: 'STEP_TIMEOUT' } });
    await toldByTheLiving(async () => {
      await expect.poll(() => aborted.of(handle.workflowId)).toEqual(['STEP_TIMEOUT']);
    });
  });
});
