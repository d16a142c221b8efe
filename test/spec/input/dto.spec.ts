import {
  type Context,
  type Directive,
  type InvalidField,
  InvalidInputError,
  OnEvent,
  OnUpdate,
  Start,
  Step,
  UpdateRejectedError,
  Workflow,
  type WorkflowHandle,
} from '@ground-control/nestjs';
import { Transform, Type } from 'class-transformer';
import { ArrayNotEmpty, IsDate, IsEmail, IsInt, IsString, Min, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

class OrderLine {
  @IsString()
  itemId!: string;

  @IsInt()
  @Min(1)
  quantity!: number;
}

class OrderInput {
  @IsEmail()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  customer!: string;

  @IsDate()
  placedAt!: Date;

  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines!: OrderLine[];

  get quantity(): number {
    return this.lines.reduce((sum, line) => sum + line.quantity, 0);
  }
}

class Discount {
  @IsInt()
  @Min(1)
  percent!: number;
}

/** Runs whose code ran. */
const ran = new Ledger<true>('ran');

type Report = [isInput: boolean, areLines: boolean, customer: string, quantity: number];

@Workflow('Input.Order')
class OrderWorkflow {
  @Start()
  async start(ctx: Context, input: OrderInput): Promise<Directive<Report>> {
    ran.note(ctx.run.workflowId, true);
    ctx.store.put('report', reportOf(input));
    return ctx.next.step(this.checked, input);
  }

  @Step()
  async checked(ctx: Context, input: OrderInput): Promise<Directive<Report>> {
    if (input.quantity > 100) return ctx.next.wait();
    return ctx.next.complete(reportOf(input));
  }

  @OnUpdate()
  async discount(ctx: Context, discount: Discount): Promise<Directive<Report>> {
    return ctx.next.wait({ reply: discount instanceof Discount });
  }

  @OnEvent()
  async finish(ctx: Context, discount: Discount): Promise<Directive<Report>> {
    const [, , customer, quantity] = (await ctx.store.get('report')) as Report;
    return ctx.next.complete([discount instanceof Discount, true, customer, quantity]);
  }
}

function reportOf(input: OrderInput): Report {
  const areLines = input.lines.every((line) => line instanceof OrderLine);
  return [input instanceof OrderInput, areLines, input.customer, input.quantity];
}

@Workflow('Input.Plain')
class PlainWorkflow {
  @Start()
  async start(ctx: Context, input: { any: unknown }): Promise<Directive> {
    return ctx.next.complete(input.any);
  }
}

const VALID: OrderInput = orderOf(2);

const INVALID = {
  customer: 'Ada',
  placedAt: new Date(0),
  lines: [{ itemId: 'lamp', quantity: 0 }, { quantity: 1 }],
};

const FIELDS: InvalidField[] = [
  { field: 'customer', errors: ['customer must be an email'] },
  { field: 'lines.0.quantity', errors: ['quantity must not be less than 1'] },
  { field: 'lines.1.itemId', errors: ['itemId must be a string'] },
];

/** As a caller gives it: plain data, not an instance. */
function orderOf(quantity: number): OrderInput {
  const placedAt = new Date(0);
  return { customer: 'Ada@Example.com', placedAt, lines: [{ itemId: 'lamp', quantity }] } as OrderInput;
}

const APP = served([OrderWorkflow, PlainWorkflow]);

describe('an input whose type is a class', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  /** A run that waits. */
  function startLarge(): Promise<WorkflowHandle<Report>> {
    return world.client.start(OrderWorkflow, { input: orderOf(101) });
  }

  it('is built with all that is in it, for the start and for a step', async () => {
    await expect(world.client.run(OrderWorkflow, { input: VALID })).resolves.toEqual([
      true,
      true,
      'ada@example.com',
      2,
    ]);
  });

  it('is refused to who starts the workflow by its class, with the fields, and no run comes of it', async () => {
    const id = 'refused';
    const error = await rejectionOf(
      world.client.start(OrderWorkflow, { id, input: INVALID as unknown as OrderInput }),
    );
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({ code: 'INVALID_INPUT', details: FIELDS });
    await expect(world.client.handle(id).describe()).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
    await expect(world.client.run(OrderWorkflow, { id })).rejects.toThrow(InvalidInputError);
  });

  it('fails the run before its code runs when the workflow is started by its type', async () => {
    const handle = await world.client.start('Input.Order', { input: INVALID });
    const error = await rejectionOf(handle.result());
    expect(error).toMatchObject({ code: 'WORKFLOW_FAILED' });
    expect(error.cause).toBeInstanceOf(InvalidInputError);
    expect(error.cause).toMatchObject({ type: 'InvalidInputError', code: 'INVALID_INPUT', details: FIELDS });
    expect(ran.of(handle.workflowId)).toEqual([]);
    expect(eventsOf(await handle.history(), 'step.failed')).toMatchObject([
      { step: 'start', error: { code: 'INVALID_INPUT', details: FIELDS } },
    ]);
  });

  it('may be neither text nor a list', async () => {
    await expect(world.client.run('Input.Order', { input: 'text' })).rejects.toThrow(
      'The input of OrderWorkflow.start must be an object (OrderInput), not string.',
    );
    await expect(world.client.run('Input.Order', { input: [] })).rejects.toThrow('not an array');
  });

  it('is not looked at where it is no class', async () => {
    await expect(world.client.run(PlainWorkflow, { input: { any: [1] } })).resolves.toEqual([1]);
  });

  it('of an update is built, and refused to its caller', async () => {
    const handle = await startLarge();
    await expect(handle.update('discount', { percent: 10 })).resolves.toBe(true);
    const error = await rejectionOf(handle.update('discount', { percent: 0 }));
    expect(error).toBeInstanceOf(UpdateRejectedError);
    expect(error.cause).toMatchObject({
      code: 'INVALID_INPUT',
      details: [{ field: 'percent', errors: ['percent must not be less than 1'] }],
    });
    await expect(handle.update('discount', { percent: 20 })).resolves.toBe(true);
  });

  it('of an event is built', async () => {
    const handle = await startLarge();
    await handle.send('finish', { percent: 10 });
    await expect(handle.result()).resolves.toEqual([true, true, 'ada@example.com', 101]);
  });
});
