import { type Context, type Directive, Start, Step, Task, Workflow } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SpecWorld } from '../support/spec-world.fixture.js';

const CONCURRENCY = 3;
const RUNS = 150;

@Injectable()
class CountingTasks {
  running = 0;
  most = 0;

  @Task()
  async work(number: number): Promise<number> {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
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
const tasks = new CountingTasks();

beforeAll(async () => {
  world = await SpecWorld.start([SmallWorkflow, { provide: CountingTasks, useValue: tasks }], {
    worker: { concurrency: CONCURRENCY },
  });
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
    expect(tasks.most).toBeLessThanOrEqual(CONCURRENCY);
  }, 15_000);
});
