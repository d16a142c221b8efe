import {
  type ChildOutcome,
  type Context,
  type Directive,
  OnCancel,
  OnEvent,
  Start,
  Step,
  Task,
  Workflow,
} from '@ground-control/nestjs';
import { ValueCodec } from '@ground-control/protocol';
import { importEvents } from '@ground-control/client';
import { HandlerInvoker, replayHistory, type ReplayReport, WorkflowExplorer } from '@ground-control/worker';
import { WorkflowMetadataAccessor } from '@ground-control/workflow';
import { Injectable, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SpecWorld } from '../support/spec-world.fixture.js';

let bodies = 0;
let failures = 0;

@Injectable()
class Tasks {
  @Task({ retry: { maxAttempts: 2, initialDelay: 1 } })
  async charge(order: string, amount: number): Promise<{ id: string; at: Date }> {
    bodies += 1;
    return { id: `pay-${order}-${amount}`, at: new Date(5) };
  }
  @Task() async reserve(item: string): Promise<Map<string, number>> {
    bodies += 1;
    return new Map([[item, 1]]);
  }
  @Task() async ship(): Promise<void> {
    bodies += 1;
  }
  @Task() async flaky(): Promise<string> {
    bodies += 1;
    if (failures++ === 0) throw new RangeError('once');
    return 'later';
  }
}

/** What a step does, which later code does in another way. */
interface Code {
  start(ctx: Context, tasks: Tasks): Promise<void>;
  ship(ctx: Context, tasks: Tasks, next: Directive): Promise<Directive>;
}

const ORIGINAL: Code = {
  async start(ctx, tasks) {
    const [payment, stock] = await Promise.all([tasks.charge('o-1', 5), tasks.reserve('i-1')]);
    ctx.store.put('paymentAt', payment.at.getTime());
    ctx.store.put('stock', stock.get('i-1'));
    ctx.store.put('stamp', [(await ctx.now()).getTime(), await ctx.uuid4(), await ctx.random()]);
    await ctx.sleep(1);
  },
  async ship(ctx, tasks, next) {
    if ((await ctx.store.get('stock')) === 1) await tasks.ship();
    return next;
  },
};

/** The same workflow with other code in its steps. */
function providersOf(code: Code): Provider[] {
  @Workflow('Child')
  class ChildWorkflow {
    @Start() async start(ctx: Context, input: number): Promise<Directive<number>> {
      return ctx.next.complete(input * 2);
    }
  }

  @Workflow('Order')
  class OrderWorkflow {
    constructor(private readonly tasks: Tasks) {}
    @Start() async start(ctx: Context): Promise<Directive> {
      await code.start(ctx, this.tasks);
      return ctx.next.step(this.children, 7);
    }
    @Step() async children(ctx: Context, input: number): Promise<Directive> {
      const doubled = await ctx.runChild<ChildWorkflow>('Child', { id: `${ctx.run.workflowId} a`, input });
      await ctx.startChild('Child', {
        id: `${ctx.run.workflowId} b`,
        input: doubled,
        onCompleted: this.counted,
      });
      return ctx.next.wait({ events: ['go'] });
    }
    @Step() async counted(ctx: Context, outcome: ChildOutcome<number>): Promise<Directive> {
      ctx.store.put('counted', outcome.unwrap());
      return ctx.next.wait({ events: ['go'] });
    }
    @OnEvent('go') async go(ctx: Context, payload: { by: string }): Promise<Directive> {
      ctx.store.put('by', payload.by);
      return ctx.next.step(this.retried);
    }
    @Step({ retry: { maxAttempts: 3, initialDelay: 1 } }) async retried(ctx: Context): Promise<Directive> {
      await this.tasks.reserve('before');
      await this.tasks.flaky();
      return ctx.next.step(this.ship);
    }
    @Step() async ship(ctx: Context): Promise<Directive> {
      return code.ship(ctx, this.tasks, ctx.next.complete(await ctx.store.get('counted')));
    }
    @OnCancel() async cancelled(ctx: Context): Promise<void> {
      await this.tasks.reserve('undone');
      ctx.store.delete('stock');
    }
  }
  return [Tasks, OrderWorkflow, ChildWorkflow];
}

let world: SpecWorld;
let completed: unknown;
let cancelled: unknown;
beforeAll(async () => {
  world = await SpecWorld.start(providersOf(ORIGINAL));
  const handle = await world.client.start('Order', { id: 'order-1' });
  await world.recorded('order-1', 'child.completed', 2);
  await handle.send('go', { by: 'Ann' });
  await handle.result();
  completed = exported(await world.client.exportHistory('order-1'));
  await world.client.start('Order', { id: 'order-2' });
  await world.recorded('order-2', 'child.completed', 2);
  await world.client.handle('order-2').cancel('no more');
  await world.recorded('order-2', 'run.cancelled');
  cancelled = exported(await world.client.exportHistory('order-2'));
  bodies = 0;
});
afterAll(() => world?.stop());

/** As it is written to a file and read from it. */
function exported(history: unknown): unknown {
  return JSON.parse(JSON.stringify(history));
}

async function replay(history: unknown, code: Partial<Code> = {}): Promise<ReplayReport> {
  const app = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [
      WorkflowMetadataAccessor,
      WorkflowExplorer,
      HandlerInvoker,
      ...providersOf({ ...ORIGINAL, ...code }),
    ],
  }).compile();
  return replayHistory(importEvents(history), app.get(WorkflowExplorer).explore(), new ValueCodec());
}

describe('a history that is replayed', () => {
  it('is matched by the code that made it, which runs no task', async () => {
    await expect(replay(completed)).resolves.toEqual({
      workflowId: 'order-1',
      workflowType: 'Order',
      steps: 6,
      calls: 11,
    });
    expect(bodies).toBe(0);
  });

  it('is matched to its end when the run was cancelled', async () => {
    const report = await replay(cancelled);
    expect(report.divergence).toBeUndefined();
    expect(report.steps).toBe(4);
  });

  it('is matched as far as it goes when the run goes on', async () => {
    const whole = completed as { kind: string }[];
    for (let length = 1; length <= whole.length; length++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, to say which
      const { divergence } = await replay(whole.slice(0, length));
      expect({ length, divergence }).toEqual({ length, divergence: undefined });
    }
    expect(bodies).toBe(0);
  });

  const changes: [string, Partial<Code>, object][] = [
    [
      'calls in another order',
      {
        async start(ctx, tasks) {
          await Promise.all([tasks.reserve('i-1'), tasks.charge('o-1', 5)]);
          await ctx.now();
        },
      },
      {
        step: 'start',
        op: 0,
        recorded: "task charge('o-1', 5)",
        asked: "task reserve('i-1')",
      },
    ],
    [
      'another argument',
      {
        async start(_ctx, tasks) {
          await Promise.all([tasks.charge('o-1', 6), tasks.reserve('i-1')]);
        },
      },
      { step: 'start', op: 0, recorded: "task charge('o-1', 5)", asked: "task charge('o-1', 6)" },
    ],
    [
      'another kind of call',
      {
        async start(ctx, tasks) {
          await Promise.all([tasks.charge('o-1', 5), tasks.reserve('i-1')]);
          await ctx.uuid4();
        },
      },
      { step: 'start', op: 2, recorded: 'now()', asked: 'uuid()' },
    ],
    [
      'a call less',
      {
        async start(ctx, tasks) {
          await Promise.all([tasks.charge('o-1', 5), tasks.reserve('i-1')]);
          await ctx.now();
          await ctx.uuid4();
          await ctx.random();
        },
      },
      { step: 'start', op: 5, recorded: 'sleep()', asked: 'the step ended without it' },
    ],
    [
      'a call more',
      {
        async ship(ctx, tasks, next) {
          await tasks.ship();
          await tasks.reserve('again');
          return next;
        },
      },
      { step: 'ship', op: 1, recorded: 'ctx.next.complete()', asked: "task reserve('again')" },
    ],
    [
      'another directive',
      {
        async ship(ctx, tasks) {
          await tasks.ship();
          return ctx.next.wait({ events: ['go'] });
        },
      },
      { step: 'ship', recorded: 'ctx.next.complete()', asked: 'ctx.next.wait(go)' },
    ],
    [
      'an error',
      {
        async ship(ctx, tasks) {
          await tasks.ship();
          throw new TypeError('new');
        },
      },
      { step: 'ship', recorded: 'ctx.next.complete()', asked: 'an error, TypeError: new' },
    ],
  ];
  it.each(changes)('tells the first step that makes %s', async (_what, code, divergence) => {
    const report = await replay(completed, code);
    expect(report.divergence).toMatchObject({ attempt: 1, ...divergence });
    const event = (completed as { kind: string; step?: string }[])[(report.divergence?.seq ?? 0) - 1];
    expect(event).toMatchObject({ kind: 'step.started', step: report.divergence?.step });
    expect(bodies).toBe(0);
  });

  it('is matched where only what a step ends with differs', async () => {
    const { divergence } = await replay(completed, {
      async ship(ctx, tasks) {
        await tasks.ship();
        return ctx.next.complete('another result');
      },
    });
    expect(divergence).toBeUndefined();
  });

  it('tells of a call that is missing where the run had not gone on yet', async () => {
    const whole = completed as { kind: string }[];
    const until = whole.findIndex(({ kind }) => kind === 'now.recorded');
    const { divergence } = await replay(whole.slice(0, until), {
      async start(ctx, tasks) {
        await tasks.charge('o-1', 5);
        await ctx.sleep(1);
      },
    });
    expect(divergence).toMatchObject({
      step: 'start',
      op: 1,
      recorded: "task reserve('i-1')",
      asked: 'sleep(1)',
    });
  });

  it('is refused when it is none, or of a workflow that is not there', async () => {
    const whole = completed as { recorded: string }[];
    await expect(replay({})).rejects.toThrow('array of events');
    await expect(replay([{ kind: 'run.started' }])).rejects.toThrow('no field "recorded"');
    await expect(replay([{ ...whole[0], recorded: 'x' }])).rejects.toThrow('cannot be read');
    await expect(replay(whole.slice(1))).rejects.toThrow('begins with run.started');
    const child = exported(await world.client.exportHistory('order-1 a'));
    await expect(replay(child)).resolves.toMatchObject({ workflowType: 'Child', steps: 1, calls: 0 });
  });
});
