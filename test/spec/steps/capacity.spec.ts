import { type Context, type Directive, Start, Step, Task, Workflow } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { SpecWorld } from '../support/spec-world.fixture.js';

const CONCURRENCY = 3;
const RUNS = 150;

/** How many bodies ran at once in the worker, each time that one began. */
const atOnce = new Ledger<number>('at-once');

@Injectable()
class CountingTasks {
  private running = 0;

  @Task()
  async work(number: number): Promise<number> {
    this.running += 1;
    atOnce.note('all', this.running);
    await new Promise((resolve) => setImmediate(resolve));
    this.running -= 1;
    return number;
  }
}

@Workflow('Small')
class SmallWorkflow {
  constructor(private readonly tasks: CountingTasks) {}

  @Start()
  async start(ctx: Context, input: number): Promise<Directive<number>> {
    return ctx.next.step(this.second, await this.tasks.work(input));
  }

  @Step()
  async second(ctx: Context, input: number): Promise<Directive<number>> {
    return ctx.next.complete(await this.tasks.work(input + 1));
  }
}

let world: SpecWorld;
@Workflow('Holding')
class HoldingWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    await gates.pass(ctx.run.workflowId);
    return ctx.next.complete();
  }
}

const APP = served([SmallWorkflow, CountingTasks, HoldingWorkflow], { worker: { concurrency: CONCURRENCY } });

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world.stop());

describe('a worker with far more to do than it has room for', () => {
  it('is kept busy until all is done, and never has more steps than its concurrency', async () => {
    const started = Array.from({ length: RUNS }, (_, number) =>
      world.client.run(SmallWorkflow, { input: number }),
    );
    await expect(Promise.all(started)).resolves.toEqual(
      Array.from({ length: RUNS }, (_, number) => number + 1),
    );
    expect(Math.max(...atOnce.of('all'))).toBeLessThanOrEqual(CONCURRENCY);
  }, 15_000);

  it('leaves a run waiting that says that a worker serves it and has no room', async () => {
    const ids = Array.from({ length: CONCURRENCY }, (_, index) => `holds ${index}`);
    await Promise.all(ids.map((id) => world.client.start(HoldingWorkflow, { id })));
    await Promise.all(ids.map((id) => gates.reached(id)));
    const handle = await world.client.start(SmallWorkflow, { input: 1 });
    await expect
      .poll(async () => (await handle.describe()).waitingFor, { timeout: 10_000 })
      .toEqual({ kind: 'worker', step: 'start', isServed: true });
    for (const id of ids) gates.open(id);
    await expect(handle.result()).resolves.toBe(2);
  });
});
