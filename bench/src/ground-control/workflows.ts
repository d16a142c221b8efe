import { Injectable } from '@nestjs/common';

import { type Context, type Directive, OnEvent, Start, Step, Task, Workflow } from '../ground-control.js';
import { MANY_TASKS, type Payload, type RunResult, type TaskResult, work } from '../workloads.js';

@Injectable()
export class BenchTasks {
  @Task()
  async work(input: Payload): Promise<TaskResult> {
    return Promise.resolve(work(input));
  }
}

@Workflow('W1')
export class OneTask {
  constructor(private readonly tasks: BenchTasks) {}

  @Start()
  async start(ctx: Context, input: Payload): Promise<Directive<RunResult>> {
    const { ok } = await this.tasks.work(input);
    return ctx.next.complete({ ...input, tasks: Number(ok) });
  }
}

interface State {
  state: RunResult;
}

@Workflow('W2')
export class ThreeSteps {
  constructor(private readonly tasks: BenchTasks) {}

  @Start()
  async start(ctx: Context<State>, input: Payload): Promise<Directive<RunResult>> {
    await this.#advance(ctx, { ...input, tasks: 0 });
    return ctx.next.step(this.second);
  }

  @Step()
  async second(ctx: Context<State>): Promise<Directive<RunResult>> {
    await this.#advance(ctx, await ctx.store.get('state'));
    return ctx.next.step(this.third);
  }

  @Step()
  async third(ctx: Context<State>): Promise<Directive<RunResult>> {
    return ctx.next.complete(await this.#advance(ctx, await ctx.store.get('state')));
  }

  async #advance(ctx: Context<State>, { tasks, ...input }: RunResult): Promise<RunResult> {
    const { ok } = await this.tasks.work(input);
    const state = { ...input, tasks: tasks + Number(ok) };
    ctx.store.put('state', state);
    return state;
  }
}

@Workflow('W3')
export class TenInSequence {
  constructor(private readonly tasks: BenchTasks) {}

  @Start()
  async start(ctx: Context, input: Payload): Promise<Directive<RunResult>> {
    let tasks = 0;
    for (let count = 0; count < MANY_TASKS; count += 1) tasks += Number((await this.tasks.work(input)).ok);
    return ctx.next.complete({ ...input, tasks });
  }
}

@Workflow('W4')
export class TenInParallel {
  constructor(private readonly tasks: BenchTasks) {}

  @Start()
  async start(ctx: Context, input: Payload): Promise<Directive<RunResult>> {
    const results = await Promise.all(Array.from({ length: MANY_TASKS }, () => this.tasks.work(input)));
    return ctx.next.complete({ ...input, tasks: results.filter(({ ok }) => ok).length });
  }
}

@Workflow('W5')
export class EventAwaited {
  @Start()
  start(ctx: Context): Promise<Directive<RunResult>> {
    return Promise.resolve(ctx.next.wait());
  }

  @OnEvent('go')
  go(ctx: Context, payload: Payload): Promise<Directive<RunResult>> {
    return Promise.resolve(ctx.next.complete({ ...payload, tasks: 0 }));
  }
}

@Workflow('Loop')
export class Loop {
  @Start()
  start(ctx: Context, steps: number): Promise<Directive<number>> {
    return Promise.resolve(ctx.next.step(this.again, steps));
  }

  @Step()
  again(ctx: Context, left: number): Promise<Directive<number>> {
    return Promise.resolve(left > 1 ? ctx.next.step(this.again, left - 1) : ctx.next.complete(left));
  }
}

export const BENCH_PROVIDERS = [
  BenchTasks,
  OneTask,
  ThreeSteps,
  TenInSequence,
  TenInParallel,
  EventAwaited,
  Loop,
];
