import {
  type Context,
  type Directive,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  StoreKeyNotFoundError,
  Task,
  TaskContext,
  Workflow,
} from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsString, Min, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nthAttempt } from '../support/at-least-once.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { SpecWorld } from '../support/spec-world.fixture.js';

class Item {
  @IsString()
  id = '';

  @IsInt()
  @Min(1)
  quantity = 1;
}

class Cart {
  @ValidateNested({ each: true })
  @Type(() => Item)
  items: Item[] = [];

  get total(): number {
    return this.items.reduce((sum, { quantity }) => sum + quantity, 0);
  }
}

interface State {
  [key: string]: unknown;
  count: number;
  cart: Cart;
  bad: unknown;
  gone: string;
  attempt: number;
  list: number[];
}

@Workflow('Store.OwnWrites')
class OwnWritesWorkflow {
  @Start()
  async start(ctx: Context<State>): Promise<Directive<unknown[]>> {
    const seen: unknown[] = [await ctx.store.has('count'), await ctx.store.find('count')];
    ctx.store.put('count', 1);
    seen.push(await ctx.store.get('count'), await ctx.store.has('count'));
    ctx.store.put('gone', 'soon');
    ctx.store.delete('gone');
    seen.push(await ctx.store.find('gone'), await ctx.store.keys());
    const list = [1, 2];
    ctx.store.put('list', list);
    list.push(3);
    seen.push(await ctx.store.get('list'));
    return ctx.next.step(this.second, seen);
  }

  @Step()
  async second(ctx: Context<State>, seen: unknown[]): Promise<Directive<unknown[]>> {
    const [count, keys] = [await ctx.store.get('count'), await ctx.store.keys()];
    ctx.store.delete('count');
    return ctx.next.step(this.third, [...seen, count, keys, await ctx.store.has('count')]);
  }

  @Step()
  async third(ctx: Context<State>, seen: unknown[]): Promise<Directive<unknown[]>> {
    return ctx.next.complete([...seen, await ctx.store.keys()]);
  }
}

@Workflow('Store.Missing')
class MissingWorkflow {
  @Start()
  async start(ctx: Context<State>, caught: boolean): Promise<Directive<boolean>> {
    if (!caught) return ctx.next.complete((await ctx.store.get('count')) === 0);
    const error = await ctx.store.get('count').catch((thrown: unknown) => thrown);
    return ctx.next.complete(error instanceof StoreKeyNotFoundError);
  }
}

@Workflow('Store.Classes')
class ClassesWorkflow {
  @Start()
  async start(ctx: Context<State>): Promise<Directive<unknown[]>> {
    const cart = new Cart();
    cart.items.push(Object.assign(new Item(), { id: 'lamp', quantity: 2 }), new Item());
    ctx.store.put('cart', cart);
    ctx.store.put('bad', { items: [{ id: 7, quantity: 0 }] });
    return ctx.next.step(this.read);
  }

  @Step()
  async read(ctx: Context<State>): Promise<Directive<unknown[]>> {
    const plain = await ctx.store.get('cart');
    const cart = await ctx.store.get('cart', Cart);
    const invalid = await ctx.store
      .get('bad', Cart)
      .catch((error: { code: string; details: unknown }) => error);
    const { code, details } = invalid as { code: string; details: unknown };
    return ctx.next.complete([
      plain instanceof Cart,
      cart instanceof Cart && cart.items.every((item) => item instanceof Item),
      cart.total,
      code,
      details,
    ]);
  }
}

@Injectable()
class Tasks {
  @Task()
  async attempt(): Promise<number> {
    return TaskContext.current().step.attempt;
  }
}

@Workflow('Store.Failed')
class FailedWorkflow {
  @Start()
  async start(ctx: Context<State>): Promise<Directive> {
    ctx.store.put('count', 1);
    return ctx.next.step(this.work);
  }

  @Step({ retry: { maxAttempts: 3, initialDelay: 1 } })
  async work(ctx: Context<State>, _input?: unknown): Promise<Directive> {
    const before = await ctx.store.get('count');
    ctx.store.put('count', before + 10);
    ctx.store.put('attempt', ctx.step.attempt);
    if (ctx.step.attempt < 3) throw new Error('not this time');
    return ctx.next.step(this.last, [before, await ctx.store.get('count')]);
  }

  @Step()
  async last(ctx: Context<State>, seen: unknown[]): Promise<Directive> {
    return ctx.next.complete([...seen, await ctx.store.get('count'), await ctx.store.get('attempt')]);
  }
}

@Workflow('Store.LastFails')
class LastFailsWorkflow {
  @Start()
  async start(ctx: Context<State>): Promise<Directive> {
    ctx.store.put('count', 1);
    return ctx.next.step(this.fail);
  }

  @Step()
  async fail(ctx: Context<State>): Promise<Directive> {
    ctx.store.put('count', 2);
    throw new Error('no');
  }

  @OnQuery()
  async count(ctx: QueryContext<State>): Promise<number> {
    return ctx.store.get('count');
  }
}

@Workflow('Store.Unencodable')
class UnencodableWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    ctx.store.put('callbacks', { onDone: [(): void => {}] });
    return ctx.next.complete();
  }
}

const WORKFLOWS = [
  OwnWritesWorkflow,
  MissingWorkflow,
  ClassesWorkflow,
  FailedWorkflow,
  LastFailsWorkflow,
  UnencodableWorkflow,
];

const APP = served([Tasks, ...WORKFLOWS]);

describe('the store', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it('shows a step its own writes, and the steps after it what was saved', async () => {
    await expect(world.client.run(OwnWritesWorkflow)).resolves.toEqual([
      false,
      undefined,
      1,
      true,
      undefined,
      ['count'],
      [1, 2],
      1,
      ['count', 'list'],
      false,
      ['list'],
    ]);
  });

  it('refuses to give a key that it does not have', async () => {
    await expect(world.client.run(MissingWorkflow, { input: true })).resolves.toBe(true);
    await expect(world.client.run(MissingWorkflow, { input: false })).rejects.toMatchObject({
      cause: {
        code: 'STORE_KEY_NOT_FOUND',
        message: 'The store has no key "count". Use store.find where it may be absent.',
      },
    });
  });

  it('gives back instances of a class, checked', async () => {
    await expect(world.client.run(ClassesWorkflow)).resolves.toEqual([
      false,
      true,
      3,
      'INVALID_INPUT',
      [
        { field: 'items.0.id', errors: ['id must be a string'] },
        { field: 'items.0.quantity', errors: ['quantity must not be less than 1'] },
      ],
    ]);
  });

  it('keeps nothing that an attempt wrote that failed', async () => {
    await expect(world.client.run(FailedWorkflow)).resolves.toEqual([1, 11, 11, nthAttempt(3)]);
  });

  it('keeps what it had when the run fails', async () => {
    const handle = await world.client.start(LastFailsWorkflow);
    await expect(handle.result()).rejects.toThrow('no');
    await expect(handle.query('count')).resolves.toBe(1);
  });

  it('refuses what cannot be encoded, where it is put', async () => {
    await expect(world.client.run(UnencodableWorkflow)).rejects.toMatchObject({
      cause: {
        code: 'UNENCODABLE_VALUE',
        message: 'store value callbacks.onDone[0] is a function and cannot be encoded.',
      },
    });
  });

  it('survives a restart of the coordinator and of NATS', async () => {
    const handle = await world.client.start(LastFailsWorkflow);
    await expect(handle.result()).rejects.toThrow('no');
    await world.server.killCoordinator();
    await world.server.killNats();
    await world.server.startNats();
    await world.server.startCoordinator();
    await expect.poll(() => handle.query('count').catch(() => undefined), { timeout: 20_000 }).toBe(1);
  });
});
