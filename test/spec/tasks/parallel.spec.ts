import {
  type Context,
  type Directive,
  Start,
  Task,
  TaskContext,
  Workflow,
  type WorkflowClass,
} from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atLeastOnce, nthAttempt } from '../support/at-least-once.fixture.js';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, type SpecWorker, SpecWorld } from '../support/spec-world.fixture.js';

class LostError extends Error {}

/** The names of the bodies that ran. */
const bodies = new Ledger<string>('bodies');

@Injectable()
class Tasks {
  @Task()
  async work(name: string, turns = 1): Promise<string> {
    this.note(name);
    for (let left = turns; left > 0; left--) await turn();
    return name.toUpperCase();
  }

  @Task({ errors: [LostError] })
  async fail(name: string): Promise<string> {
    this.note(name);
    await turn();
    throw new LostError(`${name} is lost`);
  }

  /** Ends only when its first worker has gone: what was called before it has been recorded by then. */
  @Task()
  async hold(): Promise<string> {
    const { run, signal } = TaskContext.current();
    await gates.pass(run.workflowId, signal);
    return 'held';
  }

  private note(name: string): void {
    bodies.note(TaskContext.current().run.workflowId, name);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

@Injectable()
abstract class TwiceWorkflow {
  constructor(protected readonly tasks: Tasks) {}

  /** What is done before the worker goes, and again by the one that takes its place. */
  protected abstract before(ctx: Context): Promise<unknown>;

  protected async run(ctx: Context): Promise<Directive<unknown[]>> {
    const result = await this.before(ctx);
    return ctx.next.complete([result, await this.tasks.hold()]);
  }
}

@Workflow('Parallel.All')
class AllWorkflow extends TwiceWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    return this.run(ctx);
  }

  protected override before(): Promise<unknown> {
    return Promise.all([this.tasks.work('slow', 20), this.tasks.work('quick'), this.tasks.work('middle', 5)]);
  }
}

@Workflow('Parallel.Race')
class RaceWorkflow extends TwiceWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    return this.run(ctx);
  }

  protected override async before(): Promise<unknown> {
    const slow = this.tasks.work('slow', 50);
    const winner = await Promise.race([slow, this.tasks.work('quick')]);
    const after = await this.tasks.work(`after ${winner}`);
    return [winner, after, await slow];
  }
}

@Workflow('Parallel.AllSettled')
class AllSettledWorkflow extends TwiceWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    return this.run(ctx);
  }

  protected override async before(): Promise<unknown> {
    const settled = await Promise.allSettled([this.tasks.work('fine'), this.tasks.fail('parcel')]);
    return settled.map((one) =>
      one.status === 'fulfilled'
        ? one.value
        : [one.reason instanceof LostError, (one.reason as Error).message],
    );
  }
}

@Workflow('Parallel.Nested')
class NestedWorkflow extends TwiceWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    return this.run(ctx);
  }

  protected override async before(ctx: Context): Promise<unknown> {
    return Promise.all([this.branch(ctx, 'a', 9), this.branch(ctx, 'b', 1), this.branch(ctx, 'c', 4)]);
  }

  private async branch(ctx: Context, name: string, turns: number): Promise<string[]> {
    const first = await this.tasks.work(`${name}1`, turns);
    const id = await ctx.uuid4();
    const rest = await Promise.all([
      this.tasks.work(`${name}2 after ${first}`, 10 - turns),
      this.tasks.work(`${name}3`),
    ]);
    return [first, id, ...rest];
  }
}

@Workflow('Parallel.Catch')
class CatchWorkflow extends TwiceWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    return this.run(ctx);
  }

  protected override async before(): Promise<unknown> {
    try {
      return await this.tasks.fail('first');
    } catch (error) {
      return [error instanceof LostError, await this.tasks.work('plan B')];
    }
  }
}

const WORKFLOWS = [AllWorkflow, RaceWorkflow, AllSettledWorkflow, NestedWorkflow, CatchWorkflow];
const APP = served([Tasks, ...WORKFLOWS]);

describe('tasks in parallel', () => {
  let world: SpecWorld;
  let worker: SpecWorker;

  beforeAll(async () => {
    world = await SpecWorld.start();
    worker = await world.serve(APP);
  });

  afterAll(() => world?.stop());

  /** Runs a workflow whose worker goes once all but its last task is recorded. */
  async function runOnTwoWorkers(workflow: WorkflowClass): Promise<{ result: unknown; ran: string[] }> {
    const handle = await world.client.start(workflow);
    await expect
      .poll(async () => eventsOf(await handle.history(), 'task.started').at(-1)?.task, { timeout: 10_000 })
      .toBe('hold');
    const [another] = await Promise.all([world.serve(APP), worker.close()]);
    worker = another;
    gates.open(handle.workflowId);
    const result = await handle.result();
    expect(eventsOf(await handle.history(), 'step.started').at(-1)?.attempt).toEqual(nthAttempt(2));
    return { result, ran: atLeastOnce(bodies.of(handle.workflowId)) };
  }

  it('are replayed in Promise.all, each body run once', async () => {
    const { result, ran } = await runOnTwoWorkers(AllWorkflow);
    expect(result).toEqual([['SLOW', 'QUICK', 'MIDDLE'], 'held']);
    expect(ran).toEqual(['slow', 'quick', 'middle']);
  });

  it('are replayed in Promise.race with the same winner', async () => {
    const { result, ran } = await runOnTwoWorkers(RaceWorkflow);
    expect(result).toEqual([['QUICK', 'AFTER QUICK', 'SLOW'], 'held']);
    expect(ran).toEqual(['slow', 'quick', 'after QUICK']);
  });

  it('are replayed in Promise.allSettled, an error as its own class', async () => {
    const { result, ran } = await runOnTwoWorkers(AllSettledWorkflow);
    expect(result).toEqual([['FINE', [true, 'parcel is lost']], 'held']);
    expect(ran).toEqual(['fine', 'parcel']);
  });

  it('are replayed in nested async functions, and every branch goes on with its own', async () => {
    const { result, ran } = await runOnTwoWorkers(NestedWorkflow);
    const [branches] = result as [string[][]];
    expect(branches?.map(([first, , ...rest]) => [first, ...rest])).toEqual([
      ['A1', 'A2 AFTER A1', 'A3'],
      ['B1', 'B2 AFTER B1', 'B3'],
      ['C1', 'C2 AFTER C1', 'C3'],
    ]);
    expect(new Set(branches?.map(([, id]) => id)).size).toBe(3);
    expect(ran).toHaveLength(9);
    expect(new Set(ran).size).toBe(9);
  });

  it('that failed and were caught are replayed on the way that was taken', async () => {
    const { result, ran } = await runOnTwoWorkers(CatchWorkflow);
    expect(result).toEqual([[true, 'PLAN B'], 'held']);
    expect(ran).toEqual(['first', 'plan B']);
  });
});
