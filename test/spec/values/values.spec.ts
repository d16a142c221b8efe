import { type Context, type Directive, OnEvent, Start, Step, Task, Workflow } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

class Money {
  constructor(
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}

class Order {
  readonly total: Money = new Money(12n, 'EUR');
  readonly placedAt: Date = new Date(0);
}

class StockError extends Error {
  readonly item = 'lamp';
}

const circle: { name: string; parts: { of?: unknown }[] } = { name: 'circle', parts: [{}] };
circle.parts[0] = { of: circle };

/** What goes everywhere that a value may go, and comes back the same. */
const VALUES: Record<string, unknown> = {
  'a date': new Date('2026-02-03T04:05:06.789Z'),
  'a map with any keys': new Map<unknown, unknown>([
    ['text', 1],
    [2, new Map([[3n, new Date(4)]])],
  ]),
  'a set': new Set(['a', 1, null]),
  'a big integer': 2n ** 63n - 1n,
  'a bigger integer': -(2n ** 200n),
  bytes: new Uint8Array([0, 1, 255]),
  'nothing at all': undefined,
  null: null,
  'not a number': Number.NaN,
  'infinite numbers': [Infinity, -Infinity],
  'undefined in objects and arrays': { a: undefined, b: [undefined, 1] },
  'text of any kind': ['', 'späť', '🛰️', '\u0000'],
  'deep objects': { a: { b: { c: [{ d: [new Set([new Date(1)])] }] } } },
};

@Injectable()
class Tasks {
  @Task()
  async echo(value: unknown): Promise<unknown> {
    return value;
  }

  @Task()
  async give(what: keyof typeof UNENCODABLE): Promise<unknown> {
    return UNENCODABLE[what];
  }
}

const UNENCODABLE = {
  function: { lines: [{ onPaid: (): void => {} }] },
  symbol: [Symbol('s')],
  circle,
};

@Workflow('Values.Everywhere')
class EverywhereWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context, value: unknown): Promise<Directive> {
    ctx.store.put('value', await this.tasks.echo(value));
    return ctx.next.step(this.read, value);
  }

  @Step()
  async read(ctx: Context, value: unknown): Promise<Directive> {
    return ctx.next.step(this.wait, [value, await ctx.store.get('value')]);
  }

  @Step()
  async wait(ctx: Context, seen: unknown[]): Promise<Directive> {
    ctx.store.put('seen', seen);
    return ctx.next.wait();
  }

  @OnEvent()
  async go(ctx: Context, value: unknown): Promise<Directive> {
    return ctx.next.complete([...((await ctx.store.get('seen')) as unknown[]), value]);
  }
}

@Workflow('Values.Classes')
class ClassesWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete([new Order(), await this.tasks.echo(new Order()), new StockError('none left')]);
  }
}

@Workflow('Values.Unencodable')
class UnencodableWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context, [where, what]: [string, keyof typeof UNENCODABLE]): Promise<Directive> {
    if (where === 'result') return ctx.next.complete(UNENCODABLE[what]);
    if (where === 'task result') return ctx.next.complete(await this.tasks.give(what));
    if (where === 'step input') return ctx.next.step(this.last, UNENCODABLE[what]);
    return ctx.next.complete(await this.tasks.echo(UNENCODABLE[what]));
  }

  @Step()
  async last(ctx: Context, _input: unknown): Promise<Directive> {
    return ctx.next.complete();
  }
}

const APP = served([Tasks, EverywhereWorkflow, ClassesWorkflow, UnencodableWorkflow]);

describe('a value', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it.each(Object.entries(VALUES))(
    'that is %s is the same as input, argument, task result, store value, payload and result',
    async (_name, value) => {
      const handle = await world.client.start(EverywhereWorkflow, { input: value });
      await handle.send('go', value);
      const [input, stored, payload] = (await handle.result()) as unknown[];
      expect(input).toStrictEqual(value);
      expect(stored).toStrictEqual(value);
      expect(payload).toStrictEqual(value);
      const history = await handle.history();
      expect(eventsOf(history, 'run.started')[0]?.input).toStrictEqual(value);
      expect(eventsOf(history, 'task.completed')).toMatchObject([{ args: [value], result: value }]);
      expect(eventsOf(history, 'event.received')[0]?.payload).toStrictEqual(value);
    },
  );

  it('that is an instance of a class comes back as its fields, an error as an error', async () => {
    const [own, echoed, error] = (await world.client.run(ClassesWorkflow)) as [unknown, unknown, StockError];
    const fields = { total: { amount: 12n, currency: 'EUR' }, placedAt: new Date(0) };
    expect(own).toStrictEqual(fields);
    expect(echoed).toStrictEqual(fields);
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe('none left');
  });

  it('that cannot be encoded is refused where it is given, with the path to the culprit', async () => {
    const { client } = world;
    await expect(client.start('Values.Everywhere', { input: UNENCODABLE.function })).rejects.toMatchObject({
      code: 'UNENCODABLE_VALUE',
      message: 'input.lines[0].onPaid is a function and cannot be encoded.',
    });
    await expect(client.start('Values.Everywhere', { input: UNENCODABLE.symbol })).rejects.toThrow(
      'input[0] is a symbol and cannot be encoded.',
    );
    await expect(client.handle('nobody').send('go', circle)).rejects.toThrow(
      'payload.parts[0].of refers back to a value that contains it.',
    );
  });

  it.each([
    ['result', 'function', 'result of the workflow.lines[0].onPaid is a function'],
    ['task result', 'circle', 'result of task give.parts[0].of refers back'],
    ['task argument', 'symbol', 'arguments of task echo[0][0] is a symbol'],
    ['step input', 'function', 'input of step last.lines[0].onPaid is a function'],
  ])('that cannot be encoded as a %s fails the run that gave it', async (where, what, message) => {
    const error = await rejectionOf(world.client.run('Values.Unencodable', { input: [where, what] }));
    expect(error.cause).toMatchObject({ type: 'UnencodableValueError', code: 'UNENCODABLE_VALUE' });
    expect((error.cause as Error).message).toContain(message);
  });

  it('that was refused leaves everything else as it was', async () => {
    const handle = await world.client.start(EverywhereWorkflow, { input: 1 });
    await rejectionOf(handle.send('go', circle));
    await handle.send('go', 2);
    await expect(handle.result()).resolves.toEqual([1, 1, 2]);
  });
});
