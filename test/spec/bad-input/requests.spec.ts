import {
  type Context,
  type Directive,
  OnEvent,
  PayloadTooLargeError,
  Start,
  Step,
  Task,
  UnencodableValueError,
  Workflow,
  WorkflowAlreadyRunningError,
  WorkflowNotFoundError,
  WorkflowTypeNotRegisteredError,
} from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

/** One byte more than a value may have, and some for its encoding. */
const TOO_LARGE = 'x'.repeat(1024 * 1024 + 1);
/** As large as a value may be, nearly. */
const LARGE = 'x'.repeat(1024 * 1024 - 100);

@Injectable()
class Tasks {
  @Task({ retry: { maxAttempts: 3, initialDelay: 1 } })
  async give(what: 'function' | 'too much'): Promise<unknown> {
    return what === 'function' ? { callback: (): void => {} } : TOO_LARGE;
  }

  @Task()
  async large(): Promise<string> {
    return LARGE;
  }
}

@Workflow('Bad.Waits')
class WaitsWorkflow {
  @Start()
  async start(ctx: Context, _input?: unknown): Promise<Directive<string>> {
    return ctx.next.wait();
  }

  @OnEvent()
  async go(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('gone');
  }
}

@Workflow('Bad.TaskResult')
class TaskResultWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context, [what, caught]: ['function' | 'too much', boolean]): Promise<Directive> {
    if (!caught) return ctx.next.complete(await this.tasks.give(what));
    const error = await this.tasks.give(what).catch((thrown: unknown) => thrown);
    return ctx.next.complete([error instanceof UnencodableValueError, error instanceof PayloadTooLargeError]);
  }
}

@Workflow('Bad.LargeStore')
class LargeStoreWorkflow {
  @Start()
  async start(ctx: Context, keys: number): Promise<Directive<number>> {
    return ctx.next.step(this.fill, keys);
  }

  @Step()
  async fill(ctx: Context, left: number): Promise<Directive<number>> {
    if (left === 0) return ctx.next.wait();
    ctx.store.put(`key ${left}`, LARGE);
    return ctx.next.step(this.fill, left - 1);
  }

  @OnEvent()
  async go(ctx: Context): Promise<Directive<number>> {
    return ctx.next.complete((await ctx.store.keys()).length);
  }
}

@Workflow('Bad.LargeStep')
class LargeStepWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context, keys: number): Promise<Directive<number>> {
    for (let key = 0; key < keys; key++) ctx.store.put(`key ${key}`, LARGE);
    return ctx.next.complete(keys);
  }
}

const WORKFLOWS = [WaitsWorkflow, TaskResultWorkflow, LargeStoreWorkflow, LargeStepWorkflow];

const APP = served([Tasks, ...WORKFLOWS]);

describe('a request that cannot be met', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  // Whatever was refused, everything else goes on.
  afterEach(async () => {
    const handle = await world.client.start(WaitsWorkflow);
    await handle.send('go');
    await handle.result({ timeout: '20s' });
  });

  it('for an unknown workflow type is refused by name', async () => {
    const error = await rejectionOf(world.client.start('Bad.Unknown'));
    expect(error).toBeInstanceOf(WorkflowTypeNotRegisteredError);
    expect(error.message).toBe(
      'No worker has registered workflow type "Bad.Unknown". Start a worker that provides it.',
    );
  });

  it('for a second active run of a workflow id is refused, and the first goes on', async () => {
    const first = await world.client.start(WaitsWorkflow, { id: 'taken' });
    const error = await rejectionOf(world.client.start(WaitsWorkflow, { id: 'taken' }));
    expect(error).toBeInstanceOf(WorkflowAlreadyRunningError);
    expect(error.message).toContain(first.runId);
    await first.send('go');
    await expect(first.result()).resolves.toBe('gone');
  });

  it.each(['result', 'describe', 'history', 'send', 'query', 'update', 'cancel', 'terminate'] as const)(
    'for the %s of an unknown run is refused',
    async (call) => {
      const handle = world.client.handle('nobody');
      const error = await rejectionOf(
        (handle[call] as (name: string) => Promise<unknown>).call(handle, 'go'),
      );
      expect(error).toBeInstanceOf(WorkflowNotFoundError);
      expect(error.message).toBe('No run of workflow id "nobody" is known.');
    },
  );

  it('for an unknown run of a known workflow id is refused', async () => {
    await world.client.start(WaitsWorkflow, { id: 'known' });
    const unknown = world.client.handle('known', '01ARZ3NDEKTSV4RRFFQ69G5FAV');
    await expect(unknown.describe()).rejects.toMatchObject({
      code: 'WORKFLOW_NOT_FOUND',
      message: 'No run 01ARZ3NDEKTSV4RRFFQ69G5FAV of workflow id "known" is known.',
    });
    await world.client.handle('known').terminate();
  });

  it('with a value over the limit is refused before it is sent, and says how large it is', async () => {
    const error = await rejectionOf(world.client.start(WaitsWorkflow, { input: TOO_LARGE }));
    expect(error).toBeInstanceOf(PayloadTooLargeError);
    expect(error.message).toBe('input: 1048582 bytes encoded, the limit is 1048576.');
    const handle = await world.client.start(WaitsWorkflow, { input: LARGE });
    await expect(handle.send('go', TOO_LARGE)).rejects.toThrow(PayloadTooLargeError);
    await expect(handle.query('go', TOO_LARGE)).rejects.toThrow(PayloadTooLargeError);
    await expect(handle.update('go', TOO_LARGE)).rejects.toThrow(PayloadTooLargeError);
    await handle.send('go', LARGE);
    await expect(handle.result()).resolves.toBe('gone');
  });

  it.each([
    ['cannot be encoded', 'function', 'UnencodableValueError', [true, false]],
    ['is over the limit', 'too much', 'PayloadTooLargeError', [false, true]],
  ] as const)('whose task result %s is an error for the step, once', async (_what, what, type, caught) => {
    const handle = await world.client.start(TaskResultWorkflow, { input: [what, false] });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type } });
    expect(eventsOf(await handle.history(), 'task.failed')).toMatchObject([
      { task: 'give', error: { type } },
    ]);
    expect(eventsOf(await handle.history(), 'task.attempt_failed')).toEqual([]);
    await expect(world.client.run(TaskResultWorkflow, { input: [what, true] })).resolves.toEqual(caught);
  });

  it('whose step saves more than a message holds fails the run by name', async () => {
    await expect(world.client.run(LargeStepWorkflow, { input: 12 })).rejects.toMatchObject({
      cause: { type: 'PayloadTooLargeError', code: 'PAYLOAD_TOO_LARGE' },
    });
  });

  it('whose store is more than a message can carry to a worker fails the run by name', async () => {
    const handle = await world.client.start(LargeStoreWorkflow, { input: 12 });
    await world.recorded(handle.workflowId, 'wait.started');
    await handle.send('go');
    await expect(handle.result({ timeout: '25s' })).rejects.toMatchObject({
      code: 'WORKFLOW_FAILED',
      cause: {
        code: 'PAYLOAD_TOO_LARGE',
        message: expect.stringContaining('Step go can be given to no worker'),
      },
    });
  });
});
