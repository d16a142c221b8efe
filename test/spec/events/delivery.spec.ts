import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  OnEvent,
  RunFinishedError,
  Start,
  Step,
  UnknownEventError,
  Workflow,
  WorkflowNotFoundError,
} from '@ground-control/nestjs';
import { gates } from '../support/gates.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

interface Seen {
  seen: string[];
}

@Workflow('Collector')
class CollectorWorkflow {
  @Start()
  async start(ctx: Context<Seen>, held?: boolean): Promise<Directive<string[]>> {
    ctx.store.put('seen', []);
    if (held) await gates.pass(ctx.run.workflowId);
    return ctx.next.wait();
  }

  @OnEvent('item.added')
  async added(ctx: Context<Seen>, item: string): Promise<Directive<string[]>> {
    return this.note(ctx, `added ${item}`);
  }

  @OnEvent()
  async removed(ctx: Context<Seen>, item: string): Promise<Directive<string[]>> {
    return this.note(ctx, `removed ${item}`);
  }

  @OnEvent('done')
  async done(ctx: Context<Seen>): Promise<Directive<string[]>> {
    return ctx.next.complete(await ctx.store.get('seen'));
  }

  private async note(ctx: Context<Seen>, what: string): Promise<Directive<string[]>> {
    ctx.store.put('seen', [...(await ctx.store.get('seen')), what]);
    return ctx.next.wait();
  }
}

@Workflow('Echo')
class EchoWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.wait();
  }

  @OnEvent('payload')
  async payload(ctx: Context, payload: unknown): Promise<Directive> {
    return ctx.next.step(this.reply, payload);
  }

  @Step()
  async reply(ctx: Context, payload: unknown): Promise<Directive> {
    return ctx.next.complete(payload);
  }
}

@Workflow('Relay')
class RelayWorkflow {
  @Start()
  async start(ctx: Context, to: string): Promise<Directive<string>> {
    await ctx.send(to, 'item.added', 'relayed');
    const refusal = await rejectionOf(ctx.send(to, 'nonsense'));
    return ctx.next.complete(refusal.name);
  }
}

const APP = served([CollectorWorkflow, EchoWorkflow, RelayWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

describe('events', () => {
  it('are handled in the order in which they arrive, each as one step', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'in order' });
    const names = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const name of names) await handle.send(Number(name) % 2 ? 'removed' : 'item.added', name);
    await handle.send('done');
    await expect(handle.result()).resolves.toEqual(
      names.map((name) => `${Number(name) % 2 ? 'removed' : 'added'} ${name}`),
    );
    const steps = eventsOf(await handle.history(), 'step.completed');
    expect(steps).toHaveLength(names.length + 2);
  });

  it('that arrive before the run waits are kept for it', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'early', input: true });
    await gates.reached('early');
    await handle.send('item.added', 'a');
    await handle.send('removed', 'b');
    await handle.send('done');
    gates.open('early');
    await expect(handle.result()).resolves.toEqual(['added a', 'removed b']);
  });

  it('that are sent at once by many arrive all, none twice', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'many' });
    const names = Array.from({ length: 100 }, (_, index) => `${index}`);
    await Promise.all(names.map((name) => handle.send('item.added', name)));
    await handle.send('done');
    const seen = await handle.result();
    expect(seen).toHaveLength(100);
    expect(new Set(seen).size).toBe(100);
  });

  it('that are sent twice with the same id arrive once', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'once' });
    await handle.send('item.added', 'a', { eventId: 'a' });
    await handle.send('item.added', 'a', { eventId: 'a' });
    await handle.send('done');
    await expect(handle.result()).resolves.toEqual(['added a']);
  });

  it('keep the types of their payloads', async () => {
    const payload = {
      at: new Date(5),
      big: 2n ** 70n,
      map: new Map([['k', new Set([1])]]),
      bytes: new Uint8Array([1, 2]),
      none: undefined,
    };
    const handle = await world.client.start(EchoWorkflow, { id: 'typed' });
    await handle.send('payload', payload);
    await expect(handle.result()).resolves.toEqual(payload);
  });

  it('survive the coordinator in the inbox of a run that is busy', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'kept', input: true });
    await gates.reached('kept');
    await handle.send('item.added', 'a');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await handle.send('done');
    gates.open('kept');
    await expect(handle.result()).resolves.toEqual(['added a']);
  });

  it('are sent by other workflows, which hear of a refusal', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'receiver' });
    await expect(world.client.run(RelayWorkflow, { id: 'relay', input: 'receiver' })).resolves.toBe(
      'UnknownEventError',
    );
    await handle.send('done');
    await expect(handle.result()).resolves.toEqual(['added relayed']);
  });
});

describe('an event that cannot be taken is refused to its sender', () => {
  it('when nothing handles it', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'unknown event' });
    const error = await rejectionOf(handle.send('item.lost'));
    expect(error).toBeInstanceOf(UnknownEventError);
    expect(error.message).toMatch(/item\.lost/);
    await handle.send('done');
    await expect(handle.result()).resolves.toEqual([]);
  });

  it('when the run has ended', async () => {
    const handle = await world.client.start(CollectorWorkflow, { id: 'ended' });
    await handle.send('done');
    await handle.result();
    await expect(handle.send('item.added', 'a')).rejects.toThrow(RunFinishedError);
  });

  it('when there is no run', async () => {
    await expect(world.client.handle('nobody').send('done')).rejects.toThrow(WorkflowNotFoundError);
  });
});
