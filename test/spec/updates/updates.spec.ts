import { IsInt, IsPositive } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  OnUpdate,
  type QueryContext,
  RunFinishedError,
  Start,
  Step,
  UnknownUpdateError,
  UpdateRejectedError,
  Workflow,
  WorkflowNotFoundError,
} from '@ground-control/nestjs';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

/** The deposits that were handled. */
const handled = new Ledger<number>('handled');

class Deposit {
  @IsInt()
  @IsPositive()
  amount!: number;

  hold?: boolean;
}

interface Balance {
  balance: number;
}

class OverdrawnError extends Error {
  override readonly name = 'OverdrawnError';
}

@Workflow('Account')
class AccountWorkflow {
  @Start()
  async start(ctx: Context<Balance>, held?: boolean): Promise<Directive<number>> {
    ctx.store.put('balance', 0);
    if (held) await gates.pass(ctx.run.workflowId);
    return ctx.next.wait({ events: ['close'] });
  }

  @OnUpdate()
  async deposit(ctx: Context<Balance>, { amount, hold }: Deposit): Promise<Directive<number>> {
    handled.note(ctx.run.workflowId, amount);
    const balance = (await ctx.store.get('balance')) + amount;
    ctx.store.put('balance', balance);
    if (hold) await gates.pass(`${ctx.run.workflowId} deposits`);
    return ctx.next.wait({ reply: balance });
  }

  @OnUpdate('withdraw')
  async take(ctx: Context<Balance>, amount: number): Promise<Directive<number>> {
    const balance = await ctx.store.get('balance');
    ctx.store.put('balance', balance - amount);
    if (amount > balance) throw new OverdrawnError(`only ${balance} left`);
    return ctx.next.wait({ reply: { at: new Date(7), balance: balance - amount } });
  }

  @OnUpdate('close and say')
  async closeNow(ctx: Context<Balance>): Promise<Directive<number>> {
    return ctx.next.complete(await ctx.store.get('balance'), { reply: 'closed' });
  }

  @OnUpdate('via a step')
  async viaStep(ctx: Context<Balance>): Promise<Directive<number>> {
    return ctx.next.step(this.bonus, undefined, { reply: 'on its way' });
  }

  @OnUpdate()
  async touch(ctx: Context): Promise<Directive<number>> {
    return ctx.next.wait();
  }

  @Step()
  async bonus(ctx: Context<Balance>): Promise<Directive<number>> {
    ctx.store.put('balance', (await ctx.store.get('balance')) + 1_000);
    return ctx.next.wait();
  }

  @OnEvent('close')
  async close(ctx: Context<Balance>): Promise<Directive<number>> {
    return ctx.next.complete(await ctx.store.get('balance'));
  }

  @OnQuery()
  balance(ctx: QueryContext<Balance>): Promise<number> {
    return ctx.store.get('balance');
  }
}

const APP = served([AccountWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

const open = (id: string, held = false) => world.client.start(AccountWorkflow, { id, input: held });

describe('an update', () => {
  it('changes the state of a run that waits and answers its caller', async () => {
    const handle = await open('changes');
    await expect(handle.update('deposit', { amount: 5 })).resolves.toBe(5);
    await expect(handle.update('withdraw', 2)).resolves.toEqual({ at: new Date(7), balance: 3 });
    await expect(handle.query('balance')).resolves.toBe(3);
    expect(eventsOf(await handle.history(), 'update.received').map(({ update }) => update)).toEqual([
      'deposit',
      'withdraw',
    ]);
  });

  it('may go on with a step, and is answered before it', async () => {
    const handle = await open('step');
    await expect(handle.update('via a step')).resolves.toBe('on its way');
    await world.recorded('step', 'wait.started', 2);
    await expect(handle.query('balance')).resolves.toBe(1_000);
  });

  it('is answered with undefined when its directive has no reply', async () => {
    const handle = await open('no reply');
    await expect(handle.update('touch')).resolves.toBeUndefined();
  });

  it('may end the run', async () => {
    const handle = await open('ends');
    await expect(handle.update('close and say')).resolves.toBe('closed');
    await expect(handle.result()).resolves.toBe(0);
  });

  it('of many callers at once is handled one after the other', async () => {
    const handle = await open('many');
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => handle.update<number>('deposit', { amount: 1 })),
    );
    expect(replies.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });

  it('waits for its turn while a step runs', async () => {
    const handle = await open('turn', true);
    await gates.reached('turn');
    const deposit = handle.update('deposit', { amount: 5 });
    await world.recorded('turn', 'update.received');
    gates.open('turn');
    await expect(deposit).resolves.toBe(5);
  });
});

describe('an update that is refused', () => {
  it('because its payload is not valid names the fields and changes nothing', async () => {
    const handle = await open('not valid');
    const error = await rejectionOf(handle.update('deposit', { amount: -1.5 }));
    expect(error).toBeInstanceOf(UpdateRejectedError);
    expect(error.cause).toMatchObject({ name: 'InvalidInputError' });
    expect(error.message).toMatch(/amount/);
    expect(handled.of('not valid')).toEqual([]);
    await expect(handle.query('balance')).resolves.toBe(0);
  });

  it('because its handler threw has its error as the cause, saves nothing, and the run waits as before', async () => {
    const handle = await open('overdrawn');
    const error = await rejectionOf(handle.update('withdraw', 10));
    expect(error).toBeInstanceOf(UpdateRejectedError);
    expect(error.cause).toMatchObject({ type: 'OverdrawnError', message: 'only 0 left' });
    await expect(handle.query('balance')).resolves.toBe(0);
    expect(await handle.describe()).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'event', events: ['close'] },
    });
    await handle.send('close');
    await expect(handle.result()).resolves.toBe(0);
  });

  it('because nothing handles it, the run has ended, or there is none', async () => {
    const handle = await open('unknown');
    await expect(handle.update('rename')).rejects.toThrow(UnknownUpdateError);
    await handle.send('close');
    await handle.result();
    await expect(handle.update('deposit', { amount: 1 })).rejects.toThrow(RunFinishedError);
    await expect(world.client.handle('nobody').update('deposit')).rejects.toThrow(WorkflowNotFoundError);
  });

  it('because its run ended before it was handled', async () => {
    const handle = await open('too late', true);
    await gates.reached('too late');
    const refused = rejectionOf(handle.update('deposit', { amount: 1 }));
    await world.recorded('too late', 'update.received');
    await handle.terminate();
    expect(await refused).toBeInstanceOf(RunFinishedError);
    gates.open('too late');
  });
});

describe('an update that is asked for again with the same id', () => {
  it('is handled once and answered the same', async () => {
    const handle = await open('again');
    const twice = await Promise.all(
      ['a', 'b'].map(() => handle.update('deposit', { amount: 5 }, { updateId: 'one' })),
    );
    expect(twice).toEqual([5, 5]);
    await handle.update('deposit', { amount: 1 });
    await expect(handle.update('deposit', { amount: 5 }, { updateId: 'one' })).resolves.toBe(5);
    await expect(handle.query('balance')).resolves.toBe(6);
  });

  it('is refused the same', async () => {
    const handle = await open('refused again');
    await expect(handle.update('withdraw', 10, { updateId: 'one' })).rejects.toThrow(/only 0 left/);
    await handle.update('deposit', { amount: 20 });
    await expect(handle.update('withdraw', 10, { updateId: 'one' })).rejects.toThrow(/only 0 left/);
  });

  it('is answered the same after its run has ended', async () => {
    const handle = await open('ended again');
    await handle.update('close and say', undefined, { updateId: 'one' });
    await handle.result();
    await expect(handle.update('close and say', undefined, { updateId: 'one' })).resolves.toBe('closed');
  });

  it('is answered once by a coordinator that took over in the middle of it', async () => {
    const handle = await open('takeover');
    const asked = handle.update('deposit', { amount: 5, hold: true }, { updateId: 'one' });
    await gates.reached('takeover deposits');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    gates.open('takeover deposits');
    await expect(asked).resolves.toBe(5);
    await expect(handle.update('deposit', { amount: 5, hold: true }, { updateId: 'one' })).resolves.toBe(5);
    await expect(handle.query('balance')).resolves.toBe(5);
    expect(eventsOf(await handle.history(), 'update.received')).toHaveLength(1);
  });
});
