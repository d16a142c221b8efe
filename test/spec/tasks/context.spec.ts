import {
  type Context,
  type Directive,
  Start,
  Step,
  Task,
  TaskContext,
  Workflow,
} from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atLeastOnce, nthAttempt } from '../support/at-least-once.fixture.js';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, type SpecWorker, SpecWorld } from '../support/spec-world.fixture.js';

interface Seen {
  key: string;
  attempt: number;
  step: string;
  stepAttempt: number;
}

/** What each body saw that ran. */
const seen = new Ledger<Seen>('seen');

function note(): Seen {
  const { idempotencyKey: key, attempt, run, step } = TaskContext.current();
  const what = { key, attempt, step: step.name, stepAttempt: step.attempt };
  seen.note(run.workflowId, what);
  return what;
}

@Injectable()
class Tasks {
  @Task({ name: 'look around', retry: { maxAttempts: 2, initialDelay: 1 } })
  async look(failFirst: boolean): Promise<Seen> {
    const what = note();
    if (failFirst && what.attempt === 1) throw new Error('again');
    return what;
  }

  @Task()
  async outer(): Promise<string[]> {
    return [TaskContext.current().idempotencyKey, await this.inner()];
  }

  @Task()
  async inner(): Promise<string> {
    return TaskContext.current().idempotencyKey;
  }

  @Task()
  async hold(): Promise<Seen> {
    const what = note();
    const { signal, run } = TaskContext.current();
    await gates.pass(run.workflowId, signal);
    return what;
  }

  @Task()
  async plain(): Promise<string> {
    return TaskContext.find()?.idempotencyKey ?? 'called plainly';
  }

  async current(): Promise<string> {
    return TaskContext.current().idempotencyKey;
  }
}

@Workflow('Tasks.Context')
class ContextWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive<Seen[]>> {
    const first = await this.tasks.look(false);
    return ctx.next.step(this.more, [first, await this.tasks.look(true)]);
  }

  @Step()
  async more(ctx: Context, before: Seen[]): Promise<Directive<Seen[]>> {
    return ctx.next.complete([...before, await this.tasks.look(false)]);
  }
}

@Workflow('Tasks.Nested')
class NestedWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    const keys = await this.tasks.outer();
    const outside = await this.tasks.current().catch((error: Error) => error.name);
    return ctx.next.complete([keys, outside]);
  }
}

@Workflow('Tasks.Held')
class HeldWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive<Seen[]>> {
    return ctx.next.complete([await this.tasks.look(false), await this.tasks.hold()]);
  }
}

const APP = served([Tasks, ContextWorkflow, NestedWorkflow, HeldWorkflow]);

describe('TaskContext', () => {
  let world: SpecWorld;
  let worker: SpecWorker;

  beforeAll(async () => {
    world = await SpecWorld.start();
    worker = await world.serve(APP);
  });

  afterAll(() => world?.stop());

  it('tells a body its attempt, its step and a key that is its own', async () => {
    const results = await world.client.run(ContextWorkflow);
    expect(results.map(({ attempt, step }) => [attempt, step])).toEqual([
      [1, 'start'],
      [2, 'start'],
      [1, 'more'],
    ]);
    expect(new Set(results.map(({ key }) => key)).size).toBe(3);
  });

  it('gives every attempt of a call the same key', async () => {
    const handle = await world.client.start(ContextWorkflow);
    await handle.result();
    const ran = atLeastOnce(seen.of(handle.workflowId), ({ key, attempt }) => [key, attempt]);
    const [, first, second] = ran;
    expect([first?.attempt, second?.attempt]).toEqual([1, 2]);
    expect(second?.key).toBe(first?.key);
  });

  it('gives a replay of a call the same key, and runs no body again that has completed', async () => {
    const handle = await world.client.start(HeldWorkflow);
    await world.recorded(handle.workflowId, 'task.started', 2);
    const [another] = await Promise.all([world.serve(APP), worker.close()]);
    worker = another;
    gates.open(handle.workflowId);
    const [looked, held] = await handle.result();
    const bodies = seen.of(handle.workflowId);
    const holding = bodies.filter(({ key }) => key === held?.key);
    expect(atLeastOnce(bodies.filter(({ key }) => key === looked?.key))).toHaveLength(1);
    expect(holding.map(({ stepAttempt }) => stepAttempt)).toEqual(
      holding.map((_, index) => (holding[0]?.stepAttempt ?? 0) + index),
    );
    expect(holding.length).toEqual(nthAttempt(2));
    expect(eventsOf(await handle.history(), 'task.completed')).toHaveLength(2);
  });

  it('is of the outer task where a task calls another, which then is a plain method', async () => {
    const handle = await world.client.start(NestedWorkflow);
    const [keys, outside] = (await handle.result()) as [string[], string];
    expect(keys[1]).toBe(keys[0]);
    expect(outside).toBe('InvalidInputError');
    expect(eventsOf(await handle.history(), 'task.completed').map(({ task }) => task)).toEqual(['outer']);
  });

  it('is absent where the method is called outside a step', async () => {
    const tasks = (await world.serveHere(APP)).get(Tasks);
    await expect(tasks.plain()).resolves.toBe('called plainly');
    await expect(tasks.current()).rejects.toThrow(/outside a task/);
  });
});
