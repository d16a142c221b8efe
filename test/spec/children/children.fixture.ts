import {
  type ChildOutcome,
  type Context,
  type Directive,
  OnCancel,
  OnEvent,
  OnQuery,
  type ParentClosePolicy,
  type QueryContext,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';
import { gates } from '../support/gates.fixture.js';
import { served, type ServedApp } from '../support/served-app.fixture.js';

/** How a child is to end. */
export type Fate = 'complete' | 'fail' | 'cancel' | 'terminate' | 'time out' | 'wait' | 'throw';

/** How a child ended, as its parent can tell it. */
export interface Told {
  workflowId: string;
  status: string;
  ok: boolean;
  result: unknown;
  error: string | undefined;
  unwrapped: string;
}

/** Every way in which a child can end; who cancels or terminates it is the test. */
@Workflow('Child')
export class ChildWorkflow {
  @Start()
  async start(ctx: Context, fate: Fate): Promise<Directive<string>> {
    if (fate === 'complete') return ctx.next.complete(`child of ${ctx.run.parent?.workflowId}`);
    if (fate === 'fail') return ctx.next.fail({ type: 'ChildError', message: 'as told', details: { n: 1 } });
    if (fate === 'throw') throw new RangeError('thrown');
    return ctx.next.wait();
  }

  @OnEvent('go')
  async go(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('went');
  }
}

/** It has work to do before it is cancelled. */
@Workflow('CarefulChild')
export class CarefulChildWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.wait();
  }

  @OnCancel()
  async cleanUp(ctx: Context, reason?: string): Promise<void> {
    ctx.store.put('reason', reason);
  }

  @OnQuery()
  reason(ctx: QueryContext): Promise<unknown> {
    return ctx.store.find('reason');
  }
}

/** Starts a child and is called back with its outcome. */
@Workflow('Watcher')
export class WatcherWorkflow {
  @Start()
  async start(ctx: Context, fate: Fate): Promise<Directive<Told>> {
    await ctx.startChild(ChildWorkflow, {
      id: `${ctx.run.workflowId} child`,
      input: fate,
      onCompleted: this.ended,
      timeout: fate === 'time out' ? 50 : undefined,
    });
    return ctx.next.wait();
  }

  @Step()
  async ended(ctx: Context, outcome: ChildOutcome<string>): Promise<Directive<Told>> {
    return ctx.next.complete(told(outcome));
  }
}

/** Runs a child within its step. */
@Workflow('Runner')
export class RunnerWorkflow {
  @Start()
  async start(ctx: Context, fate: Fate): Promise<Directive<string>> {
    const id = `${ctx.run.workflowId} child`;
    try {
      const timeout = fate === 'time out' ? 50 : undefined;
      return ctx.next.complete(`result: ${await ctx.runChild(ChildWorkflow, { id, input: fate, timeout })}`);
    } catch (error) {
      const { name, cause } = error as Error;
      return ctx.next.complete(`${name}: ${cause instanceof Error ? cause.message : 'no cause'}`);
    }
  }
}

export interface ParentInput {
  policy?: ParentClosePolicy;
  end: 'complete' | 'fail' | 'wait';
}

/** Ends, or waits to be ended, while its children go on. */
@Workflow('Parent')
export class ParentWorkflow {
  @Start()
  async start(ctx: Context, { policy, end }: ParentInput): Promise<Directive<string>> {
    const id = ctx.run.workflowId;
    await ctx.startChild(ChildWorkflow, { id: `${id} child`, input: 'wait', parentClosePolicy: policy });
    await ctx.startChild('CarefulChild', { id: `${id} careful child`, parentClosePolicy: policy });
    if (end === 'fail') throw new Error('the parent failed');
    return end === 'wait' ? ctx.next.wait() : ctx.next.complete('the parent ended');
  }
}

/** Starts children, is held up in the middle, and goes on: its step is replayed by another worker. */
@Workflow('Replayed')
export class ReplayedWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<string[]>> {
    const id = ctx.run.workflowId;
    const first = await ctx.startChild(ChildWorkflow, { id: `${id} first`, input: 'complete' });
    const result = await ctx.runChild(ChildWorkflow, { id: `${id} second`, input: 'complete' });
    const slow = ctx.runChild(ChildWorkflow, { id: `${id} third`, input: 'wait' });
    await gates.pass(id);
    const third = await slow;
    return ctx.next.complete([`${first.runId}`, result, third]);
  }
}

@Workflow('Talker')
export class TalkerWorkflow {
  @Start()
  async start(ctx: Context, words: string[]): Promise<Directive> {
    for (const word of words) await ctx.sendToParent('said', { word, at: new Date(3) });
    return ctx.next.complete();
  }
}

@Workflow('Listener')
export class ListenerWorkflow {
  @Start()
  async start(ctx: Context<{ heard: unknown[] }>, words: string[]): Promise<Directive<unknown[]>> {
    ctx.store.put('heard', []);
    const id = `${ctx.run.workflowId} talker`;
    await ctx.startChild(TalkerWorkflow, { id, input: words, onCompleted: this.ended });
    return ctx.next.wait();
  }

  @OnEvent('said')
  async said(ctx: Context<{ heard: unknown[] }>, word: unknown): Promise<Directive<unknown[]>> {
    ctx.store.put('heard', [...(await ctx.store.get('heard')), word]);
    return ctx.next.wait();
  }

  @Step()
  async ended(ctx: Context<{ heard: unknown[] }>, outcome: ChildOutcome): Promise<Directive<unknown[]>> {
    return ctx.next.complete([...(await ctx.store.get('heard')), outcome.status]);
  }
}

export interface TreeInput {
  depth: number;
  width: number;
}

/** A tree of runs: each starts `width` children, waits for all, and counts the runs under it. */
@Workflow('Tree')
export class TreeWorkflow {
  @Start()
  async start(ctx: Context<{ left: number; sum: number }>, input: TreeInput): Promise<Directive<number>> {
    const { depth, width } = input;
    if (depth === 0) return ctx.next.complete(1);
    ctx.store.put('left', width);
    ctx.store.put('sum', 1);
    const children = Array.from({ length: width }, (_, index) =>
      ctx.startChild(TreeWorkflow, {
        id: `${ctx.run.workflowId}/${index}`,
        input: { depth: depth - 1, width },
        onCompleted: this.ended,
      }),
    );
    await Promise.all(children);
    return ctx.next.wait();
  }

  @Step()
  async ended(
    ctx: Context<{ left: number; sum: number }>,
    outcome: ChildOutcome<number>,
  ): Promise<Directive<number>> {
    const left = (await ctx.store.get('left')) - 1;
    const sum = (await ctx.store.get('sum')) + outcome.unwrap();
    ctx.store.put('left', left);
    ctx.store.put('sum', sum);
    return left === 0 ? ctx.next.complete(sum) : ctx.next.wait();
  }
}

/** Levels that wait for each other within their steps. */
@Workflow('Nested')
export class NestedWorkflow {
  @Start()
  async start(ctx: Context, depth: number): Promise<Directive<string>> {
    if (depth === 0) return ctx.next.complete('bottom');
    const id = `${ctx.run.workflowId}/${depth}`;
    return ctx.next.complete(`${depth} ${await ctx.runChild(NestedWorkflow, { id, input: depth - 1 })}`);
  }
}

/** Asks for a child that is refused. */
@Workflow('Refused')
export class RefusedWorkflow {
  @Start()
  async start(ctx: Context, input: { type: string; id: string }): Promise<Directive<string>> {
    const started = await ctx.startChild(input.type, { id: input.id }).then(() => 'started', nameOf);
    const ran = await ctx.runChild(input.type, { id: input.id }).then(() => 'ran', nameOf);
    return ctx.next.complete(`${started}, ${ran}`);
  }
}

function nameOf(error: unknown): string {
  return (error as Error).name;
}

function told(outcome: ChildOutcome<string>): Told {
  const { workflowId, status, ok, result, error } = outcome;
  return { workflowId, status, ok, result, error: error?.message, unwrapped: unwrapped(outcome) };
}

function unwrapped(outcome: ChildOutcome<string>): string {
  try {
    return outcome.unwrap();
  } catch (error) {
    return (error as Error).name;
  }
}

export const CHILDREN: ServedApp = served([
  ChildWorkflow,
  CarefulChildWorkflow,
  WatcherWorkflow,
  RunnerWorkflow,
  ParentWorkflow,
  ReplayedWorkflow,
  TalkerWorkflow,
  ListenerWorkflow,
  TreeWorkflow,
  NestedWorkflow,
  RefusedWorkflow,
]);
