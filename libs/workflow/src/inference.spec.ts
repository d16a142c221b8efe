import { describe, expectTypeOf, it } from 'vitest';
import type { ChildOutcome } from './children.js';
import type { Context, QueryContext } from './context.js';
import type { Directive } from './directive.js';
import type { InputOf, ResultOf } from './inference.js';

interface State {
  orderId: string;
  paymentId?: string;
}
interface Order {
  orderId: string;
}
interface Receipt {
  trackingId: string;
  shippedAt: Date;
}
class Parcel {
  weight = 0;
}

class OrderWorkflow {
  async start(ctx: Context<State>, input: Order): Promise<Directive<Receipt>> {
    ctx.store.put('orderId', input.orderId);
    if (input.orderId === '') return ctx.next.wait({ timeout: '1h', onTimeout: this.ship });
    return ctx.next.step(this.ship, 5);
  }

  async ship(ctx: Context<State>, _parcels: number): Promise<Directive<Receipt>> {
    return ctx.next.complete({ trackingId: await ctx.uuid4(), shippedAt: await ctx.now() });
  }

  async childDone(ctx: Context<State>, _outcome: ChildOutcome<string>): Promise<Directive> {
    return ctx.next.fail(new Error('no'));
  }
}

class Untyped {
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

class Optional {
  async start(ctx: Context, _input?: number): Promise<Directive<void>> {
    return ctx.next.complete();
  }
}

describe('the types of a workflow', () => {
  it('are inferred from its start method', () => {
    expectTypeOf<InputOf<OrderWorkflow>>().toEqualTypeOf<Order>();
    expectTypeOf<ResultOf<OrderWorkflow>>().toEqualTypeOf<Receipt>();
    expectTypeOf<InputOf<Optional>>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ResultOf<Optional>>().toEqualTypeOf<void>();
  });

  it('are unknown where it says nothing', () => {
    expectTypeOf<InputOf<Untyped>>().toEqualTypeOf<unknown>();
    expectTypeOf<ResultOf<Untyped>>().toEqualTypeOf<unknown>();
    expectTypeOf<InputOf<unknown>>().toEqualTypeOf<unknown>();
    expectTypeOf<ResultOf<Date>>().toEqualTypeOf<unknown>();
  });

  it('hold for its store', () => {
    type Use = (ctx: Context<State>) => void;
    const use: Use = (ctx) => {
      expectTypeOf(ctx.store.get('orderId')).toEqualTypeOf<Promise<string>>();
      expectTypeOf(ctx.store.get('paymentId')).toEqualTypeOf<Promise<string>>();
      expectTypeOf(ctx.store.find('orderId')).toEqualTypeOf<Promise<string | undefined>>();
      expectTypeOf(ctx.store.get('orderId', Parcel)).toEqualTypeOf<Promise<Parcel>>();
      // @ts-expect-error: no such key
      ctx.store.put('order', 'o-1');
      // @ts-expect-error: no such value
      ctx.store.put('orderId', 5);
    };
    expectTypeOf(use).toEqualTypeOf<Use>();
  });

  it('hold for the input of the next step and of a child', () => {
    type Use = (ctx: Context<State>, workflow: OrderWorkflow) => void;
    const use: Use = (ctx, workflow) => {
      ctx.next.step(workflow.ship, 5);
      // @ts-expect-error: the step takes a number
      ctx.next.step(workflow.ship, 'five');
      const child = ctx.runChild(OrderWorkflow, {
        id: 'c',
        input: { orderId: 'o' },
        onCompleted: workflow.childDone,
      });
      expectTypeOf(child).toEqualTypeOf<Promise<Receipt>>();
      expectTypeOf(ctx.runChild('ByName', { id: 'c', input: 1 })).toEqualTypeOf<Promise<unknown>>();
      // @ts-expect-error: the workflow takes an order
      void ctx.startChild(OrderWorkflow, { id: 'c', input: 5 });
    };
    expectTypeOf(use).toEqualTypeOf<Use>();
  });

  it('let a query read', () => {
    expectTypeOf<QueryContext<State>['store']['get']>().toBeFunction();
  });
});
