import type { Duration } from '@ground-control/protocol';
import {
  type Context,
  type Directive,
  OnCancel,
  OnEvent,
  OnQuery,
  OnUpdate,
  type QueryContext,
  Start,
  Step,
  Workflow,
} from '@ground-control/workflow';
import { returned } from './far-end.js';
import { SimTasks } from './sim-tasks.js';

export interface OrderInput {
  loops: number;
  longestTaskMs: number;
  sleep: Duration;
  delay: Duration;
}

export interface OrderResult {
  drawn: number;
  nonces: number[];
  paid: string[];
  total: number;
}

interface OrderState extends OrderResult {
  [key: string]: unknown;
}

/** Everything that a run can do by itself and be asked to do, in the order that its input says. */
@Workflow('Order')
export class OrderWorkflow {
  constructor(private readonly tasks: SimTasks) {}

  @Start()
  async start(ctx: Context<OrderState>, input: OrderInput): Promise<Directive<OrderResult>> {
    const [drawn] = await Promise.all([ctx.random(), ctx.now(), ctx.uuid4()]);
    const results = await Promise.all([
      this.tasks.work(input.longestTaskMs),
      this.tasks.work(input.longestTaskMs),
    ]);
    const nonces = results.map((result) => returned(ctx, result).nonce);
    await ctx.sleep(input.sleep);
    const fields = { drawn, nonces, paid: [], total: 0 };
    for (const [name, value] of Object.entries(fields)) ctx.store.put(name, value);
    return ctx.next.step(this.loop, input);
  }

  @Step({ timeout: '10m', retry: { maxAttempts: 5 } })
  async loop(ctx: Context<OrderState>, input: OrderInput): Promise<Directive<OrderResult>> {
    const { nonce } = returned(ctx, await this.tasks.work(input.longestTaskMs));
    ctx.store.put('nonces', [...(await ctx.store.get('nonces')), nonce]);
    if (input.loops === 0) return ctx.next.wait({ timeout: '72h', onTimeout: this.end });
    return ctx.next.step(this.loop, { ...input, loops: input.loops - 1 }, { delay: input.delay });
  }

  @OnEvent('pay')
  async pay(ctx: Context<OrderState>, token: string): Promise<Directive<OrderResult>> {
    ctx.store.put('paid', [...(await ctx.store.get('paid')), token]);
    return ctx.next.wait();
  }

  @OnUpdate('add')
  async add(ctx: Context<OrderState>, amount: number): Promise<Directive<OrderResult>> {
    const total = (await ctx.store.get('total')) + amount;
    await ctx.now();
    ctx.store.put('total', total);
    return ctx.next.wait({ reply: total });
  }

  @OnEvent('finish')
  async finish(ctx: Context<OrderState>): Promise<Directive<OrderResult>> {
    return this.end(ctx);
  }

  @Step()
  async end(ctx: Context<OrderState>): Promise<Directive<OrderResult>> {
    const { store } = ctx;
    return ctx.next.complete({
      drawn: await store.get('drawn'),
      nonces: await store.get('nonces'),
      paid: await store.get('paid'),
      total: await store.get('total'),
    });
  }

  @OnCancel()
  async cleanUp(ctx: Context<OrderState>): Promise<Directive<OrderResult>> {
    returned(ctx, await this.tasks.work(100));
    return ctx.next.complete();
  }

  @OnQuery()
  async total(ctx: QueryContext<OrderState>): Promise<number> {
    return (await ctx.store.find('total')) ?? 0;
  }
}
