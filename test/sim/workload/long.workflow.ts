import type { Duration } from '@ground-control/protocol';
import { type Context, type Directive, Start, Step, Workflow } from '@ground-control/workflow';
import { returned } from './far-end.js';
import { SimTasks } from './sim-tasks.js';

export interface LongInput {
  rounds: number;
  sleep: Duration;
  delay: Duration;
}

/** Spends hours in sleeps, and hours between its steps. */
@Workflow('Long')
export class LongWorkflow {
  constructor(private readonly tasks: SimTasks) {}

  @Start()
  async start(ctx: Context, input: LongInput): Promise<Directive<number>> {
    return ctx.next.step(this.round, input);
  }

  @Step()
  async round(ctx: Context, input: LongInput): Promise<Directive<number>> {
    const { nonce } = returned(ctx, await this.tasks.work(5_000));
    await ctx.sleep(input.sleep);
    if (input.rounds === 0) return ctx.next.complete(nonce);
    return ctx.next.step(this.round, { ...input, rounds: input.rounds - 1 }, { delay: input.delay });
  }
}
