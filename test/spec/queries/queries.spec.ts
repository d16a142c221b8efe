import { FramePeer } from '@ground-control/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  QueryFailedError,
  type QueryContext,
  Start,
  StoreReadOnlyError,
  UnknownQueryError,
  Workflow,
  WorkflowNotFoundError,
} from '@ground-control/nestjs';
import { gates } from '../support/gates.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

interface Cart {
  items: Map<string, number>;
}

class OutOfStockError extends Error {
  override readonly name = 'OutOfStockError';
  readonly item = 'tea';
}

@Workflow('Cart')
class CartWorkflow {
  @Start()
  async start(ctx: Context<Cart>): Promise<Directive<string>> {
    ctx.store.put('items', new Map());
    return ctx.next.wait();
  }

  @OnEvent('add')
  async add(ctx: Context<Cart>, item: { name: string; hold?: boolean }): Promise<Directive<string>> {
    const items = new Map(await ctx.store.get('items'));
    ctx.store.put('items', items.set(item.name, (items.get(item.name) ?? 0) + 1));
    if (item.hold) await gates.pass(ctx.run.workflowId);
    return ctx.next.wait();
  }

  @OnEvent('pay')
  async pay(ctx: Context<Cart>): Promise<Directive<string>> {
    return ctx.next.complete('paid');
  }

  @OnQuery()
  async items(ctx: QueryContext<Cart>): Promise<Map<string, number>> {
    return ctx.store.get('items');
  }

  @OnQuery('count of')
  count(ctx: QueryContext<Cart>, name: string): Promise<number> {
    return ctx.store.get('items').then((items) => items.get(name) ?? 0);
  }

  @OnQuery()
  async where(ctx: QueryContext<Cart>): Promise<unknown> {
    const { id, workflowId, workflowType, status, startedAt, currentStep, closedAt } = ctx.run;
    return { id, workflowId, workflowType, status, startedAt, currentStep, closed: closedAt !== undefined };
  }

  @OnQuery()
  async writes(ctx: QueryContext<Cart>): Promise<void> {
    ctx.store.put('items', new Map([['stolen', 1]]));
  }

  @OnQuery()
  async tampers(ctx: QueryContext<Cart>): Promise<void> {
    (await ctx.store.get('items')).set('stolen', 1);
  }

  @OnQuery()
  async fails(): Promise<void> {
    throw new OutOfStockError('no tea');
  }

  @OnQuery()
  async unencodable(): Promise<unknown> {
    return () => 'a function';
  }
}

const APP = served([CartWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP, { server: { leaseDuration: '2s' } });
});
afterAll(() => world?.stop());

async function cart(id: string, ...items: string[]) {
  const handle = await world.client.start(CartWorkflow, { id });
  for (const name of items) await handle.send('add', { name });
  await world.recorded(id, 'wait.started', items.length + 1);
  return handle;
}

describe('a query', () => {
  it('is answered from the store of a run that waits', async () => {
    const handle = await cart('waits', 'tea', 'tea', 'milk');
    await expect(handle.query('items')).resolves.toEqual(
      new Map([
        ['tea', 2],
        ['milk', 1],
      ]),
    );
  });

  it('gets its arguments', async () => {
    const handle = await cart('arguments', 'tea');
    await expect(handle.query('count of', 'tea')).resolves.toBe(1);
    await expect(handle.query('count of', 'milk')).resolves.toBe(0);
  });

  it('is answered while a step runs, without what that step has not saved', async () => {
    const handle = await cart('runs', 'tea');
    await handle.send('add', { name: 'milk', hold: true });
    await gates.reached('runs');
    await expect(handle.query('items')).resolves.toEqual(new Map([['tea', 1]]));
    gates.open('runs');
    await world.recorded('runs', 'wait.started', 3);
    await expect(handle.query('count of', 'milk')).resolves.toBe(1);
  });

  it('is answered when the run has ended, also by a coordinator that was not there', async () => {
    const handle = await cart('ended', 'tea');
    await handle.send('pay');
    await handle.result();
    await expect(handle.query('items')).resolves.toEqual(new Map([['tea', 1]]));
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await world.registered('spec-1');
    await expect(handle.query('items')).resolves.toEqual(new Map([['tea', 1]]));
  });

  it('is told of its run as it is', async () => {
    const handle = await cart('told');
    const run = { id: handle.runId, workflowId: 'told', workflowType: 'Cart' };
    await expect(handle.query('where')).resolves.toMatchObject({ ...run, status: 'waiting', closed: false });
    await handle.send('add', { name: 'milk', hold: true });
    await gates.reached('told');
    await expect(handle.query('where')).resolves.toMatchObject({ status: 'running', currentStep: 'add' });
    gates.open('told');
    await handle.send('pay');
    await handle.result();
    await expect(handle.query('where')).resolves.toMatchObject({ ...run, status: 'completed', closed: true });
  });

  it('leaves nothing in the history', async () => {
    const handle = await cart('silent', 'tea');
    const before = await handle.history();
    await handle.query('items');
    expect(await handle.history()).toEqual(before);
  });

  it('may not write to the store', async () => {
    const handle = await cart('writes', 'tea');
    const error = await rejectionOf(handle.query('writes'));
    expect(error).toBeInstanceOf(QueryFailedError);
    expect(error.cause).toBeInstanceOf(StoreReadOnlyError);
    await handle.query('tampers');
    await expect(handle.query('items')).resolves.toEqual(new Map([['tea', 1]]));
  });

  it('that throws is QueryFailedError with the error as its cause, and the run goes on', async () => {
    const handle = await cart('throws');
    const error = await rejectionOf(handle.query('fails'));
    expect(error).toBeInstanceOf(QueryFailedError);
    expect(error.cause).toMatchObject({
      type: 'OutOfStockError',
      message: 'no tea',
      details: { item: 'tea' },
    });
    await handle.send('pay');
    await expect(handle.result()).resolves.toBe('paid');
  });

  it('whose answer cannot be encoded is QueryFailedError', async () => {
    const handle = await cart('unencodable');
    await expect(handle.query('unencodable')).rejects.toThrow(QueryFailedError);
  });

  it('of a name that the workflow does not have is UnknownQueryError', async () => {
    const handle = await cart('unknown');
    const error = await rejectionOf(handle.query('price'));
    expect(error).toBeInstanceOf(UnknownQueryError);
    expect(error.message).toMatch(/Cart.*"price"/);
  });

  it('of no run is WorkflowNotFoundError', async () => {
    await expect(world.client.handle('nobody').query('items')).rejects.toThrow(WorkflowNotFoundError);
  });

  it('is answered by another worker when the one that was asked died', async () => {
    const handle = await cart('died', 'tea');
    const other = await world.serveHere(APP);
    await other.get(FramePeer, { strict: false }).connection.close();
    const answers = await Promise.all(Array.from({ length: 10 }, () => handle.query('count of', 'tea')));
    expect(answers).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('goes to a worker that serves the type when another has left', async () => {
    const handle = await cart('left', 'tea');
    const other = await world.serve(APP);
    await Promise.all(Array.from({ length: 4 }, () => handle.query('items')));
    await other.close();
    for (let time = 0; time < 4; time++) {
      await expect(handle.query('items')).resolves.toEqual(new Map([['tea', 1]]));
    }
  });
});
