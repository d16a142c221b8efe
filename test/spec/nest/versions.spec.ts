import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atLeastOnce, undisturbed } from '../support/at-least-once.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, SpecWorld } from '../support/spec-world.fixture.js';

/** The version whose code ran each step. */
const ranBy = new Ledger<string>('ran-by');

function note(ctx: Context, version: string): void {
  ranBy.note(ctx.run.workflowId, `${version} ${ctx.step.name}`);
}

function ran({ workflowId }: { workflowId: string }): string[] {
  return atLeastOnce(ranBy.of(workflowId));
}

@Workflow('Versions.Order')
class FirstVersion {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    note(ctx, 'v1');
    return ctx.next.step(this.pack, undefined, { delay: 1_500 });
  }

  @Step()
  async pack(ctx: Context): Promise<Directive> {
    note(ctx, 'v1');
    return ctx.next.complete('packed by v1');
  }
}

@Workflow('Versions.Order')
class SecondVersion {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    note(ctx, 'v2');
    return ctx.next.step(this.packAndWeigh);
  }

  @Step()
  async packAndWeigh(ctx: Context): Promise<Directive> {
    note(ctx, 'v2');
    return ctx.next.wait();
  }

  @OnEvent()
  async ship(ctx: Context): Promise<Directive> {
    note(ctx, 'v2');
    return ctx.next.complete('packed by v2');
  }

  @OnQuery()
  async version(_ctx: QueryContext): Promise<string> {
    return 'v2';
  }
}

@Workflow('Versions.Other')
class OtherWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete('other');
  }
}

const FIRST = served([FirstVersion]);
const SECOND = served([SecondVersion]);
const SECOND_AND_OTHER = served([SecondVersion, OtherWorkflow]);

describe('two versions of a workflow', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start();
  });

  afterAll(() => world?.stop());

  it('serve at once, and a step goes only to a worker that has it', async () => {
    const first = await world.serve(FIRST);
    const old = await world.client.start('Versions.Order');
    await world.recorded(old.workflowId, 'step.completed');
    const second = await world.serve(SECOND);
    await expect(old.result()).resolves.toBe('packed by v1');
    expect(ran(old)).toEqual(['v1 start', 'v1 pack']);

    const handles = await Promise.all(Array.from({ length: 20 }, () => world.client.start('Versions.Order')));
    for (const handle of handles) {
      await expect
        .poll(async () => (await handle.describe()).waitingFor?.kind ?? 'nothing', { timeout: 10_000 })
        .toMatch(/event|nothing/);
    }
    // Whichever worker is asked first, what only one of them knows is known.
    const isSecond = (handle: { workflowId: string }): boolean => ran(handle)[0] === 'v2 start';
    expect(handles.some(isSecond)).toBe(true);
    for (const handle of handles.filter(isSecond)) {
      await expect(handle.query('version')).resolves.toBe('v2');
      await handle.send('ship');
    }
    await Promise.all(handles.map((handle) => handle.result()));
    for (const handle of handles) {
      const versions = new Set(ran(handle).map((step) => step.split(' ')[0]));
      expect(versions.size).toBe(1);
    }
    await Promise.all([first.close(), second.close()]);
  });

  it('of which the only one that has a step is gone leave the run waiting, which says so, until it is back', async () => {
    const first = await world.serve(FIRST);
    const handle = await world.client.start('Versions.Order');
    await world.recorded(handle.workflowId, 'step.completed');
    await first.close();
    const second = await world.serve(SECOND_AND_OTHER);
    await expect
      .poll(() => handle.describe(), { timeout: 10_000 })
      .toMatchObject({ currentStep: 'pack', waitingFor: { kind: 'worker', step: 'pack', isServed: false } });
    // What others can do goes on.
    await expect(world.client.run(OtherWorkflow)).resolves.toBe('other');
    await expect(handle.describe()).resolves.toMatchObject({ waitingFor: { kind: 'worker', step: 'pack' } });
    const back = await world.serve(FIRST);
    await expect(handle.result()).resolves.toBe('packed by v1');
    expect(
      eventsOf(undisturbed(await handle.history()), 'step.started').map(({ step, attempt }) => [
        step,
        attempt,
      ]),
    ).toEqual([
      ['start', 1],
      ['pack', 1],
    ]);
    await Promise.all([second.close(), back.close()]);
  });

  it('of which none is there leave a run that starts waiting for its first worker', async () => {
    const handle = await world.client.start('Versions.Order');
    await expect(handle.describe()).resolves.toMatchObject({
      status: 'running',
      currentStep: 'start',
      waitingFor: { kind: 'worker', step: 'start', isServed: false },
    });
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await expect(handle.describe()).resolves.toMatchObject({ waitingFor: { kind: 'worker' } });
    await world.serve(FIRST);
    await expect(handle.result()).resolves.toBe('packed by v1');
  });
});
