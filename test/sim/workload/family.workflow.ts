import {
  type ChildOutcome,
  type Context,
  type Directive,
  OnEvent,
  Start,
  Step,
  Workflow,
} from '@ground-control/workflow';
import { returned } from './far-end.js';
import { SimTasks } from './sim-tasks.js';

interface ParentState {
  [key: string]: unknown;
  first: number;
}

/** Waits for one child in its step and for another between two steps; both live wherever their ids put them. */
@Workflow('Parent')
export class ParentWorkflow {
  @Start()
  async start(ctx: Context<ParentState>, longestTaskMs: number): Promise<Directive<number[]>> {
    const { workflowId } = ctx.run;
    const first = await ctx.runChild<ChildWorkflow>('Child', {
      id: `${workflowId}/first`,
      input: longestTaskMs,
    });
    ctx.store.put('first', first);
    await ctx.startChild('Child', {
      id: `${workflowId}/second`,
      input: longestTaskMs,
      onCompleted: this.second,
    });
    return ctx.next.wait({ timeout: '96h', events: ['never'] });
  }

  @OnEvent('hello')
  async hello(ctx: Context<ParentState>): Promise<Directive<number[]>> {
    return ctx.next.wait();
  }

  @OnEvent('never')
  async never(ctx: Context<ParentState>): Promise<Directive<number[]>> {
    return ctx.next.wait();
  }

  @Step()
  async second(ctx: Context<ParentState>, outcome: ChildOutcome<number>): Promise<Directive<number[]>> {
    return ctx.next.complete([await ctx.store.get('first'), outcome.unwrap()]);
  }
}

@Workflow('Child')
export class ChildWorkflow {
  constructor(private readonly tasks: SimTasks) {}

  @Start()
  async start(ctx: Context, longestTaskMs: number): Promise<Directive<number>> {
    await ctx.sendToParent('hello', ctx.run.workflowId);
    return ctx.next.complete(returned(ctx, await this.tasks.work(longestTaskMs)).nonce);
  }
}
