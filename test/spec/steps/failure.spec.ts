import {
  type Context,
  type Directive,
  Start,
  Step,
  Workflow,
  WorkflowFailedError,
} from '@ground-control/nestjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

class OutOfStockError extends Error {
  constructor(
    readonly itemId: string,
    readonly missing: number,
    options?: ErrorOptions,
  ) {
    super(`${itemId} is out of stock`, options);
    this.name = 'OutOfStockError';
  }
}

class TransientError extends Error {}
class FatalError extends Error {}

/** How often each step ran, by workflow id; a step outside of tasks may run again. */
const runs = new Map<string, number>();

function count(ctx: Context): number {
  const times = (runs.get(ctx.run.workflowId) ?? 0) + 1;
  runs.set(ctx.run.workflowId, times);
  return times;
}

@Workflow('Steps.Throw')
class ThrowWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.step(this.reserve);
  }

  @Step()
  async reserve(): Promise<Directive> {
    throw new OutOfStockError('lamp', 3, { cause: new TypeError('the shelf is empty') });
  }
}

@Workflow('Steps.ThrowText')
class ThrowTextWorkflow {
  @Start()
  async start(): Promise<Directive> {
    // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- user code may throw anything
    throw 'just text';
  }
}

@Workflow('Steps.Fail')
class FailWorkflow {
  @Start({ retry: { maxAttempts: 5 } })
  async start(ctx: Context, asData: boolean): Promise<Directive> {
    count(ctx);
    if (asData) return ctx.next.fail({ type: 'Declined', message: 'no credit', details: { limit: 10n } });
    return ctx.next.fail(new OutOfStockError('desk', 1));
  }
}

@Workflow('Steps.Retry')
class RetryWorkflow {
  @Start()
  async start(ctx: Context, failures: number): Promise<Directive<number>> {
    return ctx.next.step(this.work, failures);
  }

  @Step({ retry: { maxAttempts: 4, initialDelay: 20, backoffMultiplier: 2, maxDelay: 50 } })
  async work(ctx: Context, failures: number): Promise<Directive<number>> {
    const times = count(ctx);
    if (times <= failures) throw new TransientError(`failure ${times}`);
    return ctx.next.complete(ctx.step.attempt);
  }
}

@Workflow('Steps.Choosy')
class ChoosyWorkflow {
  @Start({
    retry: {
      maxAttempts: 4,
      initialDelay: 5,
      retryableErrors: [TransientError],
      nonRetryableErrors: ['FatalError'],
    },
  })
  async start(ctx: Context, fatal: 'fatal' | 'other' | 'transient'): Promise<Directive> {
    count(ctx);
    if (fatal === 'fatal') throw new FatalError('never again');
    if (fatal === 'other') throw new RangeError('not listed');
    throw new TransientError('again');
  }
}

describe('an error that a step does not catch', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start([
      ThrowWorkflow,
      ThrowTextWorkflow,
      FailWorkflow,
      RetryWorkflow,
      ChoosyWorkflow,
    ]);
  });

  afterAll(() => world?.stop());

  it('fails the step, then the run, and keeps type, message, stack, fields and cause', async () => {
    const handle = await world.client.start(ThrowWorkflow);
    const error = await rejectionOf(handle.result());
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toMatchObject({
      type: 'OutOfStockError',
      message: 'lamp is out of stock',
      details: { itemId: 'lamp', missing: 3 },
      cause: { type: 'TypeError', message: 'the shelf is empty' },
    });
    expect((error.cause as Error).stack).toContain('ThrowWorkflow.reserve');
    const history = await handle.history();
    expect(history.slice(-2)).toMatchObject([
      { kind: 'step.failed', step: 'reserve', attempt: 1, error: { type: 'OutOfStockError' } },
      { kind: 'run.failed', error: { type: 'OutOfStockError', message: 'lamp is out of stock' } },
    ]);
    await expect(handle.describe()).resolves.toMatchObject({
      status: 'failed',
      error: { type: 'OutOfStockError', details: { itemId: 'lamp', missing: 3 } },
    });
  });

  it('may be no error at all', async () => {
    await expect(world.client.run(ThrowTextWorkflow)).rejects.toMatchObject({
      cause: { type: 'Error', message: 'just text' },
    });
  });

  it('is retried as the policy says, and every attempt is recorded', async () => {
    const handle = await world.client.start(RetryWorkflow, { input: 3 });
    await expect(handle.result()).resolves.toBe(4);
    const history = await handle.history();
    const failed = eventsOf(history, 'step.failed');
    expect(failed.map(({ attempt, error }) => [attempt, error.type, error.message])).toEqual([
      [1, 'TransientError', 'failure 1'],
      [2, 'TransientError', 'failure 2'],
      [3, 'TransientError', 'failure 3'],
    ]);
    expect(eventsOf(history, 'step.retried').map(({ delayMs }) => delayMs)).toEqual([20, 40, 50]);
    const started = eventsOf(history, 'step.started').filter(({ step }) => step === 'work');
    expect(started.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    for (const [index, { at }] of failed.entries()) {
      const waited = (started[index + 1]?.at.getTime() ?? 0) - at.getTime();
      expect(waited).toBeGreaterThanOrEqual([20, 40, 50][index] ?? 0);
    }
  });

  it('fails the run when the last attempt fails', async () => {
    const handle = await world.client.start(RetryWorkflow, { input: 4 });
    await expect(handle.result()).rejects.toMatchObject({ cause: { message: 'failure 4' } });
    expect(runs.get(handle.workflowId)).toBe(4);
  });

  it('is not retried when its class is listed as not retryable, or the list of the retryable lacks it', async () => {
    const attempts = async (kind: 'fatal' | 'other' | 'transient'): Promise<number | undefined> => {
      const handle = await world.client.start(ChoosyWorkflow, { input: kind });
      await rejectionOf(handle.result());
      return runs.get(handle.workflowId);
    };
    await expect(attempts('fatal')).resolves.toBe(1);
    await expect(attempts('other')).resolves.toBe(1);
    await expect(attempts('transient')).resolves.toBe(4);
  });

  it('is not retried when the step asked for it by ctx.next.fail', async () => {
    const handle = await world.client.start(FailWorkflow, { input: false });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'OutOfStockError', message: 'desk is out of stock', details: { itemId: 'desk' } },
    });
    expect(runs.get(handle.workflowId)).toBe(1);
    await expect(world.client.run(FailWorkflow, { input: true })).rejects.toMatchObject({
      cause: { type: 'Declined', message: 'no credit', details: { limit: 10n } },
    });
  });
});
