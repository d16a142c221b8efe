import {
  type Context,
  type Directive,
  Start,
  Step,
  Workflow,
  WorkflowFailedError,
} from '@ground-control/nestjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nthAttempt, lostAttempts, undisturbed } from '../support/at-least-once.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
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

/** The attempts that ran. */
const attempts = new Ledger<number>('attempts');

function note(ctx: Context): number {
  attempts.note(ctx.run.workflowId, ctx.step.attempt);
  return ctx.step.attempt;
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
    note(ctx);
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
    const number = note(ctx);
    if (number <= failures) throw new TransientError(`failure ${number}`);
    return ctx.next.complete(number);
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
    note(ctx);
    if (fatal === 'fatal') throw new FatalError('never again');
    if (fatal === 'other') throw new RangeError('not listed');
    throw new TransientError('again');
  }
}

const APP = served([ThrowWorkflow, ThrowTextWorkflow, FailWorkflow, RetryWorkflow, ChoosyWorkflow]);

describe('an error that a step does not catch', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
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
    const history = undisturbed(await handle.history());
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
    await expect(handle.result()).resolves.toEqual(nthAttempt(4));
    const history = await handle.history();
    const lost = lostAttempts(history, 'work');
    const failing = [1, 2, 3].filter((number) => !lost.includes(number));
    const failed = eventsOf(history, 'step.failed');
    expect(failed.map((event) => [event.attempt, event.error.type, event.error.message])).toEqual(
      failing.map((number) => [number, 'TransientError', `failure ${number}`]),
    );
    const delays = [20, 40, 50].slice(0, failing.length);
    const whole = undisturbed(history);
    expect(eventsOf(whole, 'step.retried').map(({ delayMs }) => delayMs)).toEqual(delays);
    const started = eventsOf(whole, 'step.started').filter(({ step }) => step === 'work');
    expect(started.map((event) => event.attempt)).toEqual(
      [...failing.keys(), failing.length].map((n) => n + 1),
    );
    for (const [index, { at }] of failed.entries()) {
      const waited = (started[index + 1]?.at.getTime() ?? 0) - at.getTime();
      expect(waited).toBeGreaterThanOrEqual(delays[index] ?? 0);
    }
  });

  it('fails the run when the last attempt fails', async () => {
    const handle = await world.client.start(RetryWorkflow, { input: 10 });
    const error = await rejectionOf(handle.result());
    const failed = eventsOf(await handle.history(), 'step.failed');
    expect(failed).toHaveLength(4);
    expect(error).toMatchObject({ cause: { message: failed.at(-1)?.error.message } });
    expect(attempts.of(handle.workflowId).at(-1)).toEqual(nthAttempt(4));
  });

  it('is not retried when its class is listed as not retryable, or the list of the retryable lacks it', async () => {
    const failures = async (kind: 'fatal' | 'other' | 'transient'): Promise<number> => {
      const handle = await world.client.start(ChoosyWorkflow, { input: kind });
      await rejectionOf(handle.result());
      const { length } = eventsOf(await handle.history(), 'step.failed');
      expect(attempts.of(handle.workflowId).length).toEqual(nthAttempt(length));
      return length;
    };
    await expect(failures('fatal')).resolves.toBe(1);
    await expect(failures('other')).resolves.toBe(1);
    await expect(failures('transient')).resolves.toBe(4);
  });

  it('is not retried when the step asked for it by ctx.next.fail', async () => {
    const handle = await world.client.start(FailWorkflow, { input: false });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'OutOfStockError', message: 'desk is out of stock', details: { itemId: 'desk' } },
    });
    expect(eventsOf(undisturbed(await handle.history()), 'step.started')).toHaveLength(1);
    await expect(world.client.run(FailWorkflow, { input: true })).rejects.toMatchObject({
      cause: { type: 'Declined', message: 'no credit', details: { limit: 10n } },
    });
  });
});
