import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  OnCancel,
  OnEvent,
  OnUpdate,
  RunFinishedError,
  Start,
  Step,
  Workflow,
  WorkflowCancelledError,
  WorkflowFailedError,
} from '@ground-control/nestjs';
import { atLeastOnce, undisturbed } from '../support/at-least-once.fixture.js';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

/** What clean-ups saw. */
const cleaned = new Ledger<string>('cleaned');

type Where = 'wait' | 'step' | 'delay';

/** Where it is when it is cancelled is its input. */
@Workflow('Plain')
class PlainWorkflow {
  @Start()
  async start(ctx: Context<{ saw: boolean }>, where: Where): Promise<Directive<string>> {
    if (where === 'wait') return ctx.next.wait();
    if (where === 'delay') return ctx.next.step(this.later, undefined, { delay: '1h' });
    const before = ctx.cancelRequested;
    await gates.pass(ctx.run.workflowId);
    while (!ctx.cancelRequested) await ctx.sleep(10);
    ctx.store.put('saw', !before && ctx.cancelRequested);
    return ctx.next.complete('finished');
  }

  @Step()
  async later(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('late');
  }

  @OnEvent('go')
  async go(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('went');
  }
}

@Workflow('Saga')
class SagaWorkflow {
  @Start()
  async start(ctx: Context<{ paymentId: string }>, where: Where): Promise<Directive<string>> {
    ctx.store.put('paymentId', 'p-1');
    if (where === 'delay') return ctx.next.step(this.later, undefined, { delay: '1h' });
    if (where === 'step') return ctx.next.step(this.ship);
    return ctx.next.wait();
  }

  @Step()
  async ship(ctx: Context): Promise<Directive<string>> {
    await gates.pass(ctx.run.workflowId);
    return ctx.next.complete('shipped');
  }

  @Step()
  async later(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('late');
  }

  @OnUpdate('pay')
  async pay(ctx: Context): Promise<Directive<string>> {
    return ctx.next.wait({ reply: 'paid' });
  }

  @OnCancel()
  async undo(ctx: Context<{ paymentId: string }>, reason?: string): Promise<Directive> {
    const id = ctx.run.workflowId;
    cleaned.note(id, `${await ctx.store.get('paymentId')}, ${reason}, ${ctx.cancelRequested}`);
    if (reason === 'hold') await gates.pass(`${id} cleans up`);
    if (reason === 'fail') throw new Error('the refund failed');
    return ctx.next.complete();
  }
}

/** A clean-up that has nothing to say returns nothing. */
@Workflow('Quiet')
class QuietWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.wait();
  }

  @OnCancel()
  async cleanUp(ctx: Context): Promise<void> {
    cleaned.note(ctx.run.workflowId, 'quietly');
  }
}

const APP = served([PlainWorkflow, SagaWorkflow, QuietWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

describe('cancel of a run without a cancel handler', () => {
  it.each(['wait', 'delay'] as const)('ends it at once in a %s', async (where) => {
    const handle = await world.client.start(PlainWorkflow, { id: `plain ${where}`, input: where });
    await world.recorded(handle.workflowId, 'step.completed');
    await handle.cancel('not wanted');
    const error = await rejectionOf(handle.result());
    expect(error).toBeInstanceOf(WorkflowCancelledError);
    expect(error.message).toMatch(/not wanted/);
    const history = await handle.history();
    expect(history.slice(-2)).toMatchObject([
      { kind: 'run.cancel_requested', reason: 'not wanted' },
      { kind: 'run.cancelled', reason: 'not wanted' },
    ]);
  });

  it('ends it at once before a delayed start', async () => {
    const handle = await world.client.start(PlainWorkflow, { id: 'scheduled', input: 'wait', delay: '1h' });
    expect((await handle.describe()).status).toBe('scheduled');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
    expect(eventsOf(await handle.history(), 'step.started')).toEqual([]);
  });

  it('lets a step that runs finish, which sees it in ctx.cancelRequested', async () => {
    const handle = await world.client.start(PlainWorkflow, { id: 'plain step', input: 'step' });
    await gates.reached('plain step');
    await handle.cancel();
    expect((await handle.describe()).status).toBe('running');
    gates.open('plain step');
    await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
    const kinds = (await handle.history()).map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(['step.completed', 'run.cancelled']);
    expect(kinds.indexOf('run.cancel_requested')).toBeLessThan(kinds.indexOf('step.completed'));
  });
});

describe('cancel of a run with @OnCancel', () => {
  it.each(['wait', 'delay'] as const)('runs the handler at once in a %s, with the reason', async (where) => {
    const id = `saga ${where}`;
    const handle = await world.client.start(SagaWorkflow, { id, input: where });
    await world.recorded(id, 'step.completed');
    await handle.cancel('changed my mind');
    await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
    expect(atLeastOnce(cleaned.of(id))).toEqual(['p-1, changed my mind, true']);
    const tail = undisturbed(await handle.history()).slice(-4);
    expect(tail.map(({ kind }) => kind)).toEqual([
      'run.cancel_requested',
      'step.started',
      'step.completed',
      'run.cancelled',
    ]);
    expect(tail[1]).toMatchObject({ step: 'cancel' });
  });

  it('lets the step that runs finish first, whatever it returns', async () => {
    const handle = await world.client.start(SagaWorkflow, { id: 'saga step', input: 'step' });
    await gates.reached('saga step');
    await handle.cancel();
    gates.open('saga step');
    await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
    const steps = eventsOf(await handle.history(), 'step.completed').map(({ step }) => step);
    expect(steps).toEqual(['start', 'ship', 'cancel']);
  });

  it('fails the run with the error of the handler', async () => {
    const handle = await world.client.start(SagaWorkflow, { id: 'saga fails', input: 'wait' });
    await world.recorded('saga fails', 'wait.started');
    await handle.cancel('fail');
    const error = await rejectionOf(handle.result());
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toMatchObject({ message: 'the refund failed' });
  });

  it('takes a handler that returns nothing', async () => {
    const handle = await world.client.start(QuietWorkflow, { id: 'quiet' });
    await world.recorded('quiet', 'wait.started');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
    expect(atLeastOnce(cleaned.of('quiet'))).toEqual(['quietly']);
  });

  it('goes on with the clean-up when the coordinator dies in the middle of it', async () => {
    const handle = await world.client.start(SagaWorkflow, { id: 'saga dies', input: 'wait' });
    await world.recorded('saga dies', 'wait.started');
    await handle.cancel('hold');
    await gates.reached('saga dies cleans up');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    gates.open('saga dies cleans up');
    await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
    expect(eventsOf(await handle.history(), 'run.cancel_requested')).toHaveLength(1);
  });
});

describe('cancel', () => {
  it('that is asked for twice is one', async () => {
    const handle = await world.client.start(SagaWorkflow, { id: 'twice', input: 'wait' });
    await world.recorded('twice', 'wait.started');
    await handle.cancel('hold');
    await gates.reached('twice cleans up');
    await handle.cancel('again');
    gates.open('twice cleans up');
    await expect(handle.result()).rejects.toThrow('hold');
    expect(eventsOf(await handle.history(), 'run.cancel_requested')).toHaveLength(1);
    expect(atLeastOnce(cleaned.of('twice'))).toHaveLength(1);
  });

  it('of a run that has ended is refused', async () => {
    const handle = await world.client.start(PlainWorkflow, { id: 'over', input: 'wait' });
    await handle.send('go');
    await expect(handle.result()).resolves.toBe('went');
    await expect(handle.cancel()).rejects.toThrow(RunFinishedError);
    expect((await handle.describe()).status).toBe('completed');
  });

  it('answers an update that waits for its turn, which the run does not live to handle', async () => {
    const handle = await world.client.start(SagaWorkflow, { id: 'update', input: 'step' });
    await gates.reached('update');
    const refused = rejectionOf(handle.update('pay'));
    await world.recorded('update', 'update.received');
    await handle.cancel();
    gates.open('update');
    expect(await refused).toBeInstanceOf(RunFinishedError);
  });
});
