import {
  type ChildOutcome,
  Context,
  type Directive,
  type GroundControlClient,
  type InputOf,
  OnEvent,
  OnQuery,
  OnUpdate,
  type PayloadOf,
  type QueryContext,
  type ResultOf,
  Start,
  type StartedWorkflow,
  Step,
  Workflow,
  type WorkflowHandle,
} from '@ground-control/nestjs';
import { describe, expectTypeOf, it } from 'vitest';

interface OrderInput {
  orderId: string;
  amount: number;
}

interface Receipt {
  trackingId: string;
  shippedAt: Date;
}

interface OrderState {
  orderId: string;
  paymentId?: string;
}

interface Address {
  city: string;
}

@Workflow('ProcessOrder')
class OrderWorkflow {
  @Start()
  async start(ctx: Context<OrderState>, input: OrderInput): Promise<Directive<Receipt>> {
    ctx.store.put('orderId', input.orderId);
    return ctx.next.step(this.ship, { city: 'Paris' });
  }

  @Step()
  async ship(ctx: Context<OrderState>, _address: Address): Promise<Directive<Receipt>> {
    return ctx.next.wait({ timeout: '1h', onTimeout: this.late });
  }

  @Step()
  async late(ctx: Context<OrderState>): Promise<Directive<Receipt>> {
    return ctx.next.complete({ trackingId: await ctx.uuid4(), shippedAt: await ctx.now() });
  }

  @Step()
  async packed(ctx: Context<OrderState>, outcome: ChildOutcome<number>): Promise<Directive<Receipt>> {
    expectTypeOf(outcome.unwrap()).toEqualTypeOf<number>();
    return ctx.next.wait();
  }

  @OnEvent()
  async paid(ctx: Context<OrderState>, _paymentId: string): Promise<Directive<Receipt>> {
    return ctx.next.wait();
  }

  @OnEvent('order.cancelled')
  async cancelled(ctx: Context<OrderState>): Promise<Directive<Receipt>> {
    return ctx.next.fail(new Error('cancelled'));
  }

  @OnUpdate()
  async moveTo(ctx: Context<OrderState>, address: Address): Promise<Directive<Receipt>> {
    return ctx.next.wait({ reply: address.city });
  }

  @OnQuery()
  async status(_ctx: QueryContext<OrderState>, _language: 'en' | 'de'): Promise<string> {
    return 'paid';
  }
}

@Workflow()
class CountWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<number>> {
    return ctx.next.complete(1);
  }
}

type Client = GroundControlClient;
type Handle = StartedWorkflow<Receipt, OrderWorkflow>;
const order: OrderInput = { orderId: 'order-1', amount: 5 };

// These bodies are compiled and never called: what they show is what compiles and what does not.
const starts = {
  byClass: (client: Client) => client.start(OrderWorkflow, { id: 'order-1', input: order }),
  run: (client: Client) => client.run(OrderWorkflow, { input: order }),
  byType: (client: Client) => client.start('ProcessOrder', { input: { anything: true } }),
  byTypeTold: (client: Client) => client.run<Receipt>('ProcessOrder'),
  narrow: (client: Client): Promise<WorkflowHandle<Receipt>> => client.start(OrderWorkflow, { input: order }),
  // @ts-expect-error the amount is a number
  wrongField: (client: Client) => client.start(OrderWorkflow, { input: { orderId: 'a', amount: '5' } }),
  // @ts-expect-error the amount is missing
  missingField: (client: Client) => client.run(OrderWorkflow, { input: { orderId: 'a' } }),
  // @ts-expect-error there is no such field
  unknownField: (client: Client) => client.run(OrderWorkflow, { input: { ...order, colour: 'red' } }),
  // @ts-expect-error that is no duration
  wrongTimeout: (client: Client) => client.start(OrderWorkflow, { input: order, timeout: 'soon' }),
  // @ts-expect-error there is no such policy
  wrongPolicy: (client: Client) => client.start(OrderWorkflow, { input: order, reuse: 'sometimes' }),
};

const sends = {
  payload: (handle: Handle) => handle.send('paid', 'payment-1'),
  byAnotherName: (handle: Handle) => handle.send('order.cancelled', { any: 'thing' }),
  untyped: (handle: WorkflowHandle) => handle.send('paid', 5),
  // @ts-expect-error the payload is text
  wrongPayload: (handle: Handle) => handle.send('paid', 5),
};

const queries = {
  args: (handle: Handle) => handle.query('status', 'de'),
  told: (handle: Handle) => handle.query<string>('status', 'de'),
  untyped: (handle: WorkflowHandle) => handle.query('status', 'fr'),
  // @ts-expect-error there is no such language
  wrongArgs: (handle: Handle) => handle.query('status', 'fr'),
};

const updates = {
  payload: (handle: Handle) => handle.update('moveTo', { city: 'Rome' }),
  told: (handle: Handle) => handle.update<string>('moveTo', { city: 'Rome' }),
  untyped: (handle: WorkflowHandle) => handle.update('moveTo', 'Rome'),
  // @ts-expect-error an address is no text
  wrongPayload: (handle: Handle) => handle.update('moveTo', 'Rome'),
};

const steps = {
  input: (ctx: Context, workflow: OrderWorkflow) => ctx.next.step(workflow.ship, { city: 'Rome' }),
  child: (ctx: Context) => ctx.runChild(OrderWorkflow, { id: 'child', input: order }),
  startChild: (ctx: Context) => ctx.startChild(CountWorkflow, { id: 'child' }),
  stored: (ctx: Context<OrderState>) => ctx.store.get('paymentId'),
  found: (ctx: Context<OrderState>) => ctx.store.find('paymentId'),
  // @ts-expect-error the step takes an address
  wrongInput: (ctx: Context, workflow: OrderWorkflow) => ctx.next.step(workflow.ship, 'Rome'),
  // @ts-expect-error the child takes an order
  wrongChildInput: (ctx: Context) => ctx.runChild(OrderWorkflow, { id: 'child', input: { orderId: 5 } }),
  // @ts-expect-error the store has no such key
  wrongKey: (ctx: Context<OrderState>) => ctx.store.get('colour'),
  // @ts-expect-error the order id is text
  wrongValue: (ctx: Context<OrderState>) => ctx.store.put('orderId', 5),
};

describe('the compiler', () => {
  it('knows input and result of a workflow by its class', () => {
    expectTypeOf<InputOf<OrderWorkflow>>().toEqualTypeOf<OrderInput>();
    expectTypeOf<ResultOf<OrderWorkflow>>().toEqualTypeOf<Receipt>();
    expectTypeOf(starts.byClass).returns.resolves.toEqualTypeOf<Handle>();
    expectTypeOf(starts.run).returns.resolves.toEqualTypeOf<Receipt>();
    expectTypeOf(starts.narrow).returns.resolves.toEqualTypeOf<WorkflowHandle<Receipt>>();
    expectTypeOf<Handle['runId']>().toEqualTypeOf<string>();
  });

  it('leaves both open for a type that is given as text, unless it is told', () => {
    expectTypeOf(starts.byType).returns.resolves.toEqualTypeOf<StartedWorkflow>();
    expectTypeOf(starts.byTypeTold).returns.resolves.toEqualTypeOf<Receipt>();
  });

  it('checks what is sent to a handler that is named as its method', () => {
    expectTypeOf<PayloadOf<OrderWorkflow, 'paid'>>().toEqualTypeOf<string>();
    expectTypeOf<PayloadOf<OrderWorkflow, 'moveTo'>>().toEqualTypeOf<Address>();
    expectTypeOf<PayloadOf<OrderWorkflow, 'order.cancelled'>>().toEqualTypeOf<unknown>();
    expectTypeOf(sends.payload).returns.resolves.toEqualTypeOf<void>();
    expectTypeOf(sends.byAnotherName).returns.resolves.toEqualTypeOf<void>();
    expectTypeOf(sends.untyped).returns.resolves.toEqualTypeOf<void>();
  });

  it('takes what a query and an update answer as it is told', () => {
    expectTypeOf(queries.args).returns.resolves.toEqualTypeOf<unknown>();
    expectTypeOf(queries.told).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(queries.untyped).returns.resolves.toEqualTypeOf<unknown>();
    expectTypeOf(updates.payload).returns.resolves.toEqualTypeOf<unknown>();
    expectTypeOf(updates.told).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(updates.untyped).returns.resolves.toEqualTypeOf<unknown>();
  });

  it('checks what a step passes on, to whom, and what it stores', () => {
    expectTypeOf(steps.input).returns.toExtend<Directive<Receipt>>();
    expectTypeOf(steps.child).returns.resolves.toEqualTypeOf<Receipt>();
    expectTypeOf(steps.startChild).returns.resolves.toExtend<WorkflowHandle<number>>();
    expectTypeOf(steps.stored).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(steps.found).returns.resolves.toEqualTypeOf<string | undefined>();
  });
});
