import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  type HistoryEvent,
  OnEvent,
  Start,
  Step,
  Task,
  TaskContext,
  Workflow,
} from '@ground-control/nestjs';
import { lostAttempts, PACE, undisturbed } from '../support/at-least-once.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

class DeclinedError extends Error {
  override readonly name = 'DeclinedError';
  readonly limit = 7;
}

@Injectable()
class Work {
  @Task()
  async charge(amount: number): Promise<{ paid: number }> {
    return { paid: amount };
  }

  @Task({ name: 'second try', retry: { maxAttempts: 2, initialDelay: 1 } })
  async flaky(): Promise<string> {
    if (TaskContext.current().attempt === 1) throw new DeclinedError('once');
    return 'ok';
  }

  @Task()
  async fails(what: string): Promise<void> {
    throw new DeclinedError(what);
  }

  @Task()
  async forever(): Promise<void> {
    await delay(60_000, undefined, { ref: false });
  }
}

@Workflow('Everything')
class EverythingWorkflow {
  constructor(private readonly work: Work) {}

  @Start()
  async start(ctx: Context, input: string): Promise<Directive<string>> {
    await ctx.now();
    await ctx.random();
    await ctx.uuid4();
    await ctx.sleep(1);
    await this.work.charge(5);
    await this.work.flaky();
    await rejectionOf(this.work.fails('no'));
    await Promise.race([this.work.forever(), this.work.charge(6)]);
    return ctx.next.step(this.family, input);
  }

  @Step()
  async family(ctx: Context, input: string): Promise<Directive<string>> {
    await ctx.runChild(ChildWorkflow, { id: `${ctx.run.workflowId} child`, input });
    return ctx.next.wait({ events: ['go'], timeout: '1h' });
  }

  @OnEvent('said')
  async said(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('end');
  }

  @OnEvent('go')
  async go(ctx: Context): Promise<Directive<string>> {
    return ctx.next.wait();
  }
}

@Workflow('EverythingChild')
class ChildWorkflow {
  @Start()
  async start(ctx: Context, input: string): Promise<Directive<string>> {
    await ctx.sendToParent('said', input);
    return ctx.next.complete(input.toUpperCase());
  }
}

type Trouble = 'retried' | 'fails' | 'times out' | 'retried timeout' | 'wait' | 'wait and step' | 'workflow';

@Workflow('Troubled')
class TroubledWorkflow {
  @Start()
  async start(ctx: Context, trouble: Trouble): Promise<Directive<string>> {
    if (trouble === 'retried') return ctx.next.step(this.retried);
    if (trouble === 'times out' || trouble === 'retried timeout') return ctx.next.step(this.slow, trouble);
    if (trouble === 'wait') return ctx.next.wait({ timeout: 20 });
    if (trouble === 'wait and step') return ctx.next.wait({ timeout: 20, onTimeout: this.late });
    if (trouble === 'workflow') return ctx.next.wait();
    throw new DeclinedError('the step');
  }

  @Step({ retry: { maxAttempts: 2, initialDelay: 20 } })
  async retried(ctx: Context): Promise<Directive<string>> {
    if (ctx.step.attempt === 1) throw new DeclinedError('first');
    return ctx.next.complete('second');
  }

  @Step({ timeout: 150 * PACE, retry: { maxAttempts: 2, initialDelay: 1 } })
  async slow(ctx: Context, trouble: Trouble): Promise<Directive<string>> {
    if (ctx.step.attempt === 1 || trouble === 'times out') await ctx.sleep('1h');
    return ctx.next.complete('in time');
  }

  @Step()
  async late(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('late');
  }
}

const APP = served([EverythingWorkflow, ChildWorkflow, TroubledWorkflow, Work]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

const kindsOf = (history: HistoryEvent[]): string[] => history.map(({ kind }) => kind);

/** The history of a troubled run that has ended. */
async function troubled(trouble: Trouble, options: object = {}): Promise<HistoryEvent[]> {
  const handle = await world.client.start(TroubledWorkflow, { id: trouble, input: trouble, ...options });
  await handle.result().catch(() => undefined);
  return undisturbed(await handle.history());
}

describe('the history of a run', () => {
  it('tells everything that happened, in order and whole', async () => {
    const handle = await world.client.start(EverythingWorkflow, { id: 'all', input: 'hello' });
    await world.recorded('all', 'wait.started');
    await handle.send('go');
    await expect(handle.result()).resolves.toBe('end');
    const history = undisturbed(await handle.history());
    expect(kindsOf(history.filter(({ kind }) => kind !== 'event.received'))).toEqual([
      'run.started',
      'step.started',
      'now.recorded',
      'random.recorded',
      'uuid.recorded',
      'sleep.started',
      'sleep.completed',
      'task.started',
      'task.completed',
      'task.started',
      'task.attempt_failed',
      'task.completed',
      'task.started',
      'task.failed',
      'task.started',
      'task.started',
      'task.completed',
      'task.cancelled',
      'step.completed',
      'step.started',
      'child.started',
      'child.completed',
      'step.completed',
      'wait.started',
      'step.started',
      'step.completed',
      'wait.started',
      'step.started',
      'step.completed',
      'run.completed',
    ]);
    expect(kindsOf(history).filter((kind) => kind === 'event.received')).toHaveLength(2);
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
    for (const { at } of history) expect(at).toBeInstanceOf(Date);
    expect(undisturbed(await handle.history())).toEqual(history);
  });

  it('tells of each event what belongs to it', async () => {
    const history = undisturbed(await world.client.handle('all').history());
    const worker = { step: 'start', attempt: 1, workerId: expect.any(String) as string };
    const find = (kind: string, index = 0) => history.filter((event) => event.kind === kind)[index];
    expect(find('run.started')).toMatchObject({
      workflowId: 'all',
      workflowType: 'Everything',
      input: 'hello',
    });
    expect(find('step.started')).toMatchObject({ ...worker, input: 'hello' });
    expect(find('step.completed')).toMatchObject({ ...worker, directive: 'step' });
    expect(find('now.recorded')).toMatchObject({ ...worker, op: 0, value: expect.any(Date) as Date });
    expect(find('random.recorded')).toMatchObject({ ...worker, value: expect.any(Number) as number });
    expect(find('uuid.recorded')).toMatchObject({
      ...worker,
      value: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(find('sleep.started')).toMatchObject({ ...worker, until: expect.any(Date) as Date });
    const task = { ...worker, task: 'charge', args: [5] };
    expect(find('task.started')).toMatchObject(task);
    expect(find('task.completed')).toMatchObject({
      ...task,
      result: { paid: 5 },
      durationMs: expect.any(Number) as number,
    });
    expect(find('task.attempt_failed')).toMatchObject({
      ...worker,
      task: 'second try',
      args: [],
      taskAttempt: 1,
      error: { type: 'DeclinedError', message: 'once', details: { limit: 7 } },
    });
    expect(find('task.failed')).toMatchObject({
      task: 'fails',
      args: ['no'],
      error: { type: 'DeclinedError', message: 'no', stack: expect.stringContaining('fails') as string },
    });
    expect(find('task.cancelled')).toMatchObject({ task: 'forever', args: [] });
    expect(find('child.started')).toMatchObject({
      step: 'family',
      workflowId: 'all child',
      workflowType: 'EverythingChild',
      input: 'hello',
    });
    expect(find('child.completed')).toMatchObject({
      workflowId: 'all child',
      status: 'completed',
      result: 'HELLO',
    });
    expect(find('wait.started')).toMatchObject({ events: ['go'], until: expect.any(Date) as Date });
    const events = history.filter(({ kind }) => kind === 'event.received');
    expect(events).toMatchObject([{ event: 'said', payload: 'hello' }, { event: 'go' }]);
    expect(find('run.completed')).toMatchObject({ result: 'end' });
    const child = undisturbed(await world.client.handle('all child').history());
    expect(kindsOf(child)).toEqual([
      'run.started',
      'step.started',
      'parent.event_sent',
      'step.completed',
      'run.completed',
    ]);
    expect(child[0]).toMatchObject({ parent: { workflowId: 'all', runId: expect.any(String) as string } });
    expect(child[2]).toMatchObject({ to: 'all', event: 'said', payload: 'hello', step: 'start' });
  });

  it('of a step that is tried again', async () => {
    const history = await troubled('retried');
    const lost = lostAttempts(await world.client.handle('retried').history(), 'retried');
    // The first attempt fails, unless it was lost with its worker before it said so.
    const failed = [1].filter((attempt) => !lost.includes(attempt));
    expect(kindsOf(history).slice(3)).toEqual([
      ...failed.flatMap(() => ['step.started', 'step.failed', 'step.retried']),
      'step.started',
      'step.completed',
      'run.completed',
    ]);
    expect(history.slice(4, 7)).toMatchObject(
      failed.length > 0
        ? [
            { step: 'retried', attempt: 1, error: { type: 'DeclinedError' } },
            { step: 'retried', attempt: 1, delayMs: 20 },
            { step: 'retried', attempt: 2 },
          ]
        : [{ step: 'retried', attempt: 1 }, {}],
    );
  });

  it('of a step that fails', async () => {
    const history = await troubled('fails');
    expect(kindsOf(history)).toEqual(['run.started', 'step.started', 'step.failed', 'run.failed']);
    const error = { type: 'DeclinedError', message: 'the step', details: { limit: 7 } };
    expect(history.slice(2)).toMatchObject([{ step: 'start', attempt: 1, error }, { error }]);
  });

  it('of a step that times out', async () => {
    const sleeping = ['step.started', 'sleep.started', 'step.timed_out'];
    const history = await troubled('times out');
    expect(kindsOf(history).slice(3)).toEqual([
      ...sleeping,
      'step.retried',
      'step.started',
      'step.timed_out',
      'run.failed',
    ]);
    expect(history.at(-1)).toMatchObject({ error: { type: 'StepTimeoutError' } });
  });

  it('of a wait that times out, with and without a step for it', async () => {
    expect(kindsOf(await troubled('wait')).slice(2)).toEqual([
      'step.completed',
      'wait.started',
      'wait.timed_out',
      'run.failed',
    ]);
    expect(kindsOf(await troubled('wait and step')).slice(3)).toEqual([
      'wait.started',
      'wait.timed_out',
      'step.started',
      'step.completed',
      'run.completed',
    ]);
  });

  it('of a run that times out', async () => {
    expect(kindsOf(await troubled('workflow', { timeout: 200 * PACE })).slice(-2)).toEqual([
      'wait.started',
      'run.timed_out',
    ]);
  });

  it('is the same from a coordinator that was not there', async () => {
    const ids = ['all', 'all child', 'retried', 'fails', 'times out', 'wait', 'wait and step', 'workflow'];
    const read = () => Promise.all(ids.map((id) => world.client.handle(id).history()));
    const before = await read();
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    expect(await read()).toEqual(before);
  });
});
