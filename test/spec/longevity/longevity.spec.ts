import { afterEach, describe, expect, it, vi } from 'vitest';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Task,
  Workflow,
  WorkflowNotFoundError,
} from '@ground-control/nestjs';
import { PATIENCE, SpecWorld } from '../support/spec-world.fixture.js';

class CountTasks {
  @Task()
  async count(upTo: number): Promise<number> {
    return upTo + 1;
  }
}

@Workflow('Ledger')
class LedgerWorkflow {
  constructor(private readonly tasks: CountTasks) {}

  @Start()
  async start(ctx: Context<{ total: number }>): Promise<Directive> {
    ctx.store.put('total', await this.tasks.count(0));
    return ctx.next.wait({ timeout: '7d' });
  }

  @OnEvent('entry')
  async entry(ctx: Context<{ total: number }>): Promise<Directive> {
    const total = await this.tasks.count(await ctx.store.get('total'));
    ctx.store.put('total', total);
    return total < 4 ? ctx.next.wait({ timeout: '7d' }) : ctx.next.complete(total);
  }

  @OnQuery()
  async total(ctx: QueryContext<{ total: number }>): Promise<number> {
    return ctx.store.get('total');
  }
}

@Workflow({ type: 'Note', retention: '2s' })
class NoteWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.step(this.end);
  }

  @Step()
  async end(ctx: Context): Promise<Directive> {
    return ctx.next.complete('noted');
  }
}

@Workflow('Timer')
class TimerWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.wait({ timeout: '4s', onTimeout: this.over });
  }

  @Step()
  async over(ctx: Context): Promise<Directive> {
    return ctx.next.complete('in time');
  }
}

let world: SpecWorld;
afterEach(() => world?.stop());

/** A coordinator that is in a hurry to checkpoint, purge and evict. */
async function startWorld(): Promise<SpecWorld> {
  return SpecWorld.start([CountTasks, LedgerWorkflow, NoteWorkflow, TimerWorkflow], {
    server: {
      partitions: 1,
      env: {
        GROUND_CONTROL_CHECKPOINT_INTERVAL: '200ms',
        GROUND_CONTROL_PURGE_DELAY: '300ms',
        GROUND_CONTROL_IDLE_AFTER: '100ms',
      },
    },
  });
}

async function journalOf(): Promise<{ first: number; last: number }> {
  const connection = await connect({ servers: world.server.servers });
  try {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info('GC_default_JOURNAL_0');
    return { first: state.first_seq, last: state.last_seq };
  } finally {
    await connection.close();
  }
}

/** Waits until everything that the journal has now is purged. */
async function purged(): Promise<void> {
  const { last } = await journalOf();
  await vi.waitUntil(async () => {
    // Something must happen for a checkpoint to be made.
    await world.client.run(NoteWorkflow, {});
    return (await journalOf()).first > last;
  }, PATIENCE);
}

const kindsOf = async (id: string): Promise<string[]> =>
  (await world.client.handle(id).history()).map(({ kind }) => kind);

describe('a journal that was purged', () => {
  it('takes nothing from the runs that wait: history, store, query and what comes next are as before', async () => {
    world = await startWorld();
    const handle = await world.client.start(LedgerWorkflow, { id: 'ledger', attributes: { book: 1 } });
    await world.recorded('ledger', 'wait.started');
    for (let entry = 2; entry < 4; entry++) {
      await handle.send('entry');
      await world.recorded('ledger', 'wait.started', entry);
      const before = await kindsOf('ledger');
      await purged();
      if (entry === 2) await world.server.killCoordinator();
      else await world.server.killNats();
      await world.server.startNats();
      await world.server.startCoordinator();
      expect(await kindsOf('ledger')).toEqual(before);
      expect(await handle.query('total')).toBe(entry);
      const { runs } = await world.client.list({ type: 'Ledger', attributes: { book: 1 } });
      expect(runs).toMatchObject([
        { workflowId: 'ledger', status: 'waiting', waitingFor: { kind: 'event' } },
      ]);
    }
    await handle.send('entry');
    expect(await handle.result()).toBe(4);
  });

  it('takes nothing from the runs that ended, until their retention is over', async () => {
    world = await startWorld();
    const handle = await world.client.start(LedgerWorkflow, { id: 'ledger' });
    for (let entry = 1; entry < 4; entry++) {
      await world.recorded('ledger', 'wait.started', entry);
      await handle.send('entry');
    }
    expect(await handle.result()).toBe(4);
    const note = await world.client.start(NoteWorkflow, { id: 'note' });
    expect(await note.result()).toBe('noted');
    const [history, info] = [await kindsOf('ledger'), await handle.describe()];
    await purged();
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    expect(await kindsOf('ledger')).toEqual(history);
    expect(await handle.describe()).toEqual(info);
    expect(await world.client.handle('ledger').result()).toBe(4);
    expect(await handle.query('total')).toBe(4);
    const counts = await world.client.counts();
    expect(counts).toContainEqual({ workflowType: 'Ledger', status: 'completed', count: 1 });
    await vi.waitUntil(async () => {
      const { runs } = await world.client.list({ idPrefix: 'note' });
      return runs.length === 0;
    }, PATIENCE);
    await expect(note.describe()).rejects.toThrow(WorkflowNotFoundError);
    expect(await kindsOf('ledger')).toEqual(history);
  });

  it('leaves the timers of runs that left the memory as they were', async () => {
    world = await startWorld();
    const began = Date.now();
    const handle = await world.client.start(TimerWorkflow, { id: 'timer' });
    await world.recorded('timer', 'wait.started');
    await purged();
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    expect(await handle.result()).toBe('in time');
    expect(Date.now() - began).toBeGreaterThanOrEqual(4_000);
  });
});
