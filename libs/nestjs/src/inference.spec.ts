import { describe, expectTypeOf, it } from 'vitest';

import {
  type Context,
  type Directive,
  type GroundControlClient,
  Start,
  type StartedWorkflow,
  Workflow,
  type WorkflowClass,
  type WorkflowHandle,
} from './index.js';

interface OrderInput {
  orderId: string;
  amount: number;
}

@Workflow('ProcessOrder')
class OrderWorkflow {
  @Start()
  async start(ctx: Context<{ orderId: string }>, input: OrderInput): Promise<Directive<{ at: Date }>> {
    ctx.store.put('orderId', input.orderId);
    return ctx.next.complete({ at: await ctx.now() });
  }
}

@Workflow()
class NoInputWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<number>> {
    return ctx.next.complete(1);
  }
}

type Client = GroundControlClient;

// These bodies are compiled and never called: what they show is what compiles.
const examples = {
  inferred: (client: Client) =>
    client.start(OrderWorkflow, { id: 'order-1', input: { orderId: 'order-1', amount: 5 } }),
  run: (client: Client) => client.run(OrderWorkflow, { input: { orderId: 'a', amount: 5 } }),
  byType: (client: Client) => client.start('ProcessOrder', { input: { anything: true } }),
  typedByType: (client: Client) => client.run<{ at: Date }>('ProcessOrder', {}),
  typedByReturn: (client: Client): Promise<WorkflowHandle<number>> => client.start('ProcessOrder'),
  either: (client: Client, workflow: WorkflowClass<OrderWorkflow> | string) => client.run(workflow, {}),
  withoutInput: (client: Client) => client.run(NoInputWorkflow),
  // @ts-expect-error the amount is a number
  wrongField: (client: Client) => client.run(OrderWorkflow, { input: { orderId: 'a', amount: '5' } }),
  // @ts-expect-error the order id is missing
  missingField: (client: Client) => client.run(OrderWorkflow, { input: { amount: 5 } }),
  // @ts-expect-error there is no such policy
  wrongPolicy: (client: Client) => client.start(OrderWorkflow, { onConflict: 'retry' }),
  // @ts-expect-error there is no such option
  wrongOption: (client: Client) => client.start(OrderWorkflow, { ident: 'a' }),
};

describe('the types of GroundControlClient', () => {
  it('infer input and result from the start method of a class', () => {
    expectTypeOf(examples.inferred).returns.resolves.toEqualTypeOf<
      StartedWorkflow<{ at: Date }, OrderWorkflow>
    >();
    expectTypeOf(examples.run).returns.resolves.toEqualTypeOf<{ at: Date }>();
    expectTypeOf(examples.withoutInput).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf<StartedWorkflow<number>>().toExtend<WorkflowHandle<number>>();
  });

  it('leave input and result open for a type given as text, unless they are told', () => {
    expectTypeOf(examples.byType).returns.resolves.toEqualTypeOf<StartedWorkflow>();
    expectTypeOf(examples.typedByType).returns.resolves.toEqualTypeOf<{ at: Date }>();
    expectTypeOf(examples.typedByReturn).returns.resolves.toEqualTypeOf<WorkflowHandle<number>>();
    expectTypeOf(examples.either).returns.resolves.toEqualTypeOf<{ at: Date }>();
  });
});
