import {
  type Context,
  type Directive,
  type Duration,
  OnEvent,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';
import { served, type ServedApp } from '../support/served-app.fixture.js';

export type Timer = 'sleep' | 'wait' | 'step' | 'none';

/** Waits in the way that it is told, for as long as it is told, and counts how often that ended. */
@Workflow('Timed')
export class TimedWorkflow {
  @Start()
  async start(
    ctx: Context<{ fired: number }>,
    { timer, duration }: { timer: Timer; duration: Duration },
  ): Promise<Directive<number>> {
    ctx.store.put('fired', 0);
    if (timer === 'sleep') {
      await ctx.sleep(duration);
      return ctx.next.step(this.fire);
    }
    if (timer === 'wait') return ctx.next.wait({ timeout: duration, onTimeout: this.fire });
    if (timer === 'step') return ctx.next.step(this.fire, undefined, { delay: duration });
    return ctx.next.step(this.fire);
  }

  @Step()
  async fire(ctx: Context<{ fired: number }>): Promise<Directive<number>> {
    ctx.store.put('fired', (await ctx.store.get('fired')) + 1);
    return ctx.next.wait();
  }

  @OnEvent('how often')
  async end(ctx: Context<{ fired: number }>): Promise<Directive<number>> {
    return ctx.next.complete(await ctx.store.get('fired'));
  }
}

export const TIMED: ServedApp = served([TimedWorkflow]);

/** Longer than a restart of everything takes, in milliseconds. */
export const DURATION_MS = 3_000;
