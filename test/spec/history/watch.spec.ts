import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Context,
  type Directive,
  type HistoryEvent,
  OnEvent,
  Start,
  Step,
  Workflow,
  WorkflowNotFoundError,
} from '@ground-control/nestjs';
import { served } from '../support/served-app.fixture.js';
import { PATIENCE, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

@Workflow('Ticker')
class TickerWorkflow {
  @Start()
  async start(ctx: Context, steps: number): Promise<Directive<number>> {
    return steps === 0 ? ctx.next.wait() : ctx.next.step(this.tick, steps);
  }

  @Step()
  async tick(ctx: Context, left: number): Promise<Directive<number>> {
    await ctx.now();
    return left === 0 ? ctx.next.complete(left) : ctx.next.step(this.tick, left - 1);
  }

  @OnEvent('tick')
  async ticked(ctx: Context): Promise<Directive<number>> {
    return ctx.next.wait();
  }

  @OnEvent('end')
  async end(ctx: Context): Promise<Directive<number>> {
    return ctx.next.complete(0);
  }
}

const APP = served([TickerWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

const seqs = (events: HistoryEvent[]): number[] => events.map(({ seq }) => seq);

describe('watch()', () => {
  it('tells what happens as it happens, from the first event, and completes with the run', async () => {
    const handle = await world.client.start(TickerWorkflow, { id: 'live', input: 0 });
    const seen: HistoryEvent[] = [];
    let isComplete = false;
    handle.watch().subscribe({ next: (event) => seen.push(event), complete: () => (isComplete = true) });
    await vi.waitUntil(() => seen.at(-1)?.kind === 'wait.started', PATIENCE);
    await handle.send('tick');
    await vi.waitUntil(() => seen.filter(({ kind }) => kind === 'wait.started').length === 2, PATIENCE);
    expect(isComplete).toBe(false);
    await handle.send('end');
    await vi.waitUntil(() => isComplete, PATIENCE);
    expect(seen[0]?.kind).toBe('run.started');
    expect(seen).toEqual(await handle.history());
  });

  it('of a run that ended long ago tells its whole history', async () => {
    const handle = await world.client.start(TickerWorkflow, { id: 'past', input: 300 });
    await handle.result();
    const watched = await lastValueFrom(handle.watch().pipe(toArray()));
    expect(watched).toEqual(await handle.history());
    expect(watched.length).toBeGreaterThan(900);
  });

  it('tells a busy run to many watchers without a gap or a double', async () => {
    const handle = await world.client.start(TickerWorkflow, { id: 'busy', input: 150 });
    const all = await Promise.all(
      Array.from({ length: 5 }, () => lastValueFrom(handle.watch().pipe(toArray()))),
    );
    const history = await handle.history();
    for (const watched of all) expect(watched).toEqual(history);
  });

  it('goes on over a restart of the coordinator, and of NATS, without a gap or a double', async () => {
    const handle = await world.client.start(TickerWorkflow, { id: 'restarts', input: 0 });
    const seen: HistoryEvent[] = [];
    const done = lastValueFrom(handle.watch().pipe(toArray()));
    handle.watch().subscribe((event) => seen.push(event));
    await handle.send('tick');
    await vi.waitUntil(() => seen.filter(({ kind }) => kind === 'wait.started').length === 2, PATIENCE);
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await handle.send('tick');
    await vi.waitUntil(() => seen.filter(({ kind }) => kind === 'wait.started').length === 3, PATIENCE);
    await world.server.killNats();
    await world.server.startNats();
    await handle.send('tick');
    await handle.send('end');
    const watched = await done;
    const history = await handle.history();
    expect(watched).toEqual(history);
    expect(seqs(watched)).toEqual(history.map((_, index) => index + 1));
  });

  it('of a handle without a run id stays with the run that was the latest', async () => {
    const first = await world.client.start(TickerWorkflow, { id: 'latest', input: 1 });
    await first.result();
    const watched = await lastValueFrom(world.client.handle('latest').watch().pipe(toArray()));
    expect(watched).toEqual(await first.history());
  });

  it('ends when nobody listens any more, and of no run is WorkflowNotFoundError', async () => {
    const handle = await world.client.start(TickerWorkflow, { id: 'left', input: 0 });
    await expect(firstValueFrom(handle.watch().pipe(take(1)))).resolves.toMatchObject({
      kind: 'run.started',
    });
    const error = await rejectionOf(lastValueFrom(world.client.handle('nobody').watch()));
    expect(error).toBeInstanceOf(WorkflowNotFoundError);
  });
});
