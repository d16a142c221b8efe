import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  type Duration,
  OnEvent,
  Start,
  Step,
  Workflow,
  WorkflowFailedError,
} from '@ground-control/nestjs';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

interface WaitInput {
  timeout?: Duration;
  onTimeout?: boolean;
  events?: string[];
}

@Workflow('Approval')
class ApprovalWorkflow {
  @Start()
  async start(
    ctx: Context<WaitInput & { notes: number }>,
    input: WaitInput = {},
  ): Promise<Directive<string>> {
    ctx.store.put('notes', 0);
    const { timeout, events } = input;
    return ctx.next.wait({ timeout, events, onTimeout: input.onTimeout ? this.expire : undefined });
  }

  @Step()
  async expire(ctx: Context<{ notes: number }>): Promise<Directive<string>> {
    return ctx.next.complete(`expired after ${await ctx.store.get('notes')} notes`);
  }

  @OnEvent('approved')
  async approved(ctx: Context<{ notes: number }>, by: string): Promise<Directive<string>> {
    return ctx.next.complete(`approved by ${by} after ${await ctx.store.get('notes')} notes`);
  }

  @OnEvent('note')
  async note(ctx: Context<{ notes: number }>): Promise<Directive<string>> {
    ctx.store.put('notes', (await ctx.store.get('notes')) + 1);
    return ctx.next.wait();
  }
}

/** Counts how often it was handled: a wait and its time limit race for the same run. */
@Workflow('Race')
class RaceWorkflow {
  @Start()
  async start(ctx: Context, timeout: Duration): Promise<Directive<string[]>> {
    return ctx.next.wait({ timeout, onTimeout: this.expire });
  }

  @Step()
  async expire(ctx: Context<{ log: string[] }>): Promise<Directive<string[]>> {
    return this.note(ctx, 'timeout');
  }

  @OnEvent('arrived')
  async arrived(ctx: Context<{ log: string[] }>): Promise<Directive<string[]>> {
    return this.note(ctx, 'event');
  }

  @OnEvent('finish')
  async finish(ctx: Context<{ log: string[] }>): Promise<Directive<string[]>> {
    return ctx.next.complete(await ctx.store.get('log'));
  }

  private async note(ctx: Context<{ log: string[] }>, what: string): Promise<Directive<string[]>> {
    ctx.store.put('log', [...((await ctx.store.find('log')) ?? []), what]);
    return ctx.next.wait();
  }
}

const APP = served([ApprovalWorkflow, RaceWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

const start = (id: string, input: WaitInput) => world.client.start(ApprovalWorkflow, { id, input });

describe('ctx.next.wait', () => {
  it('says in describe() what it waits for', async () => {
    const handle = await start('described', { timeout: '1h', events: ['approved'] });
    await world.recorded('described', 'wait.started');
    const { status, waitingFor, currentStep } = await handle.describe();
    expect({ status, currentStep, kind: waitingFor?.kind, events: waitingFor?.events }).toEqual({
      status: 'waiting',
      currentStep: undefined,
      kind: 'event',
      events: ['approved'],
    });
    const inAnHour = Date.now() + 3_600_000;
    expect(Math.abs((waitingFor?.until?.getTime() ?? 0) - inAnHour)).toBeLessThan(30_000);
  });

  it('for named events lets the others lie until they are waited for', async () => {
    const handle = await start('named', { events: ['note'] });
    await handle.send('approved', 'ada');
    await handle.send('note');
    await expect(handle.result()).resolves.toBe('approved by ada after 1 notes');
  });

  it('that times out runs its onTimeout step', async () => {
    const handle = await start('expires', { timeout: 50, onTimeout: true });
    await expect(handle.result()).resolves.toBe('expired after 0 notes');
    const [timedOut, ...more] = eventsOf(await handle.history(), 'wait.timed_out');
    const completed = eventsOf(await handle.history(), 'step.completed').at(-1);
    expect(more).toEqual([]);
    expect(completed?.step).toBe('expire');
    expect(timedOut?.seq).toBeLessThan(completed?.seq ?? 0);
  });

  it('that times out without onTimeout fails the run', async () => {
    const handle = await start('fails', { timeout: 50 });
    const error = await rejectionOf(handle.result());
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toMatchObject({ type: 'WaitTimeoutError' });
    expect((await handle.describe()).status).toBe('failed');
  });

  it('that an event ended does not time out any more', async () => {
    const handle = await start('in time', { timeout: 150, onTimeout: true });
    await handle.send('note');
    // Another run that times out later shows that the time of the first has passed.
    await (await start('clock', { timeout: 400, onTimeout: true })).result();
    await handle.send('approved', 'ada');
    await expect(handle.result()).resolves.toBe('approved by ada after 1 notes');
    expect(eventsOf(await handle.history(), 'wait.timed_out')).toEqual([]);
  });

  it('handles an event that races its time limit once, and loses neither', async () => {
    const handles = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        world.client.start(RaceWorkflow, { id: `race ${index}`, input: 20 + index }),
      ),
    );
    await Promise.all(handles.map((handle) => handle.send('arrived')));
    await (await start('race is over', { timeout: 200, onTimeout: true })).result();
    await Promise.all(handles.map((handle) => handle.send('finish')));
    const logs = await Promise.all(handles.map((handle) => handle.result()));
    for (const log of logs) expect([['event'], ['timeout', 'event']]).toContainEqual(log);
  });
});
