import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Context,
  type Directive,
  InvalidInputError,
  OnEvent,
  Start,
  Step,
  Workflow,
  WorkflowTimedOutError,
} from '@ground-control/nestjs';
import { PACE, toldByTheLiving } from '../support/at-least-once.fixture.js';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { PATIENCE, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

const LIMIT_MS = 200 * PACE;
/** Runs whose step's signal aborted. */
const aborted = new Ledger<true>('aborted');

@Workflow({ type: 'Limited', timeout: LIMIT_MS })
class LimitedWorkflow {
  @Start()
  async start(ctx: Context, where: 'wait' | 'step' | 'delay' | 'loop' | 'end'): Promise<Directive<string>> {
    if (where === 'wait') return ctx.next.wait();
    if (where === 'delay') return ctx.next.step(this.again, undefined, { delay: '1h' });
    if (where === 'loop') return ctx.next.step(this.again);
    if (where === 'end') return ctx.next.complete('in time');
    ctx.signal.addEventListener('abort', () => aborted.note(ctx.run.workflowId, true));
    await gates.pass(ctx.run.workflowId);
    return ctx.next.complete('late');
  }

  @Step()
  async again(ctx: Context): Promise<Directive<string>> {
    await ctx.sleep(10);
    return ctx.next.step(this.again);
  }

  @OnEvent('go')
  async go(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('went');
  }
}

const APP = served([LimitedWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

describe('a workflow timeout', () => {
  it.each(['wait', 'delay', 'loop'] as const)('ends a run in a %s as timed out', async (where) => {
    const handle = await world.client.start(LimitedWorkflow, { id: `ends ${where}`, input: where });
    expect(await rejectionOf(handle.result())).toBeInstanceOf(WorkflowTimedOutError);
    expect((await handle.describe()).status).toBe('timed_out');
    const history = await handle.history();
    expect(history.at(-1)).toMatchObject({ kind: 'run.timed_out' });
    const took = (history.at(-1)?.at.getTime() ?? 0) - (history[0]?.at.getTime() ?? 0);
    expect(took).toBeGreaterThanOrEqual(LIMIT_MS);
  });

  it('aborts the step that runs, whose result changes nothing', async () => {
    const handle = await world.client.start(LimitedWorkflow, { id: 'aborts', input: 'step' });
    await gates.reached('aborts');
    await expect(handle.result()).rejects.toThrow(WorkflowTimedOutError);
    await toldByTheLiving(() => vi.waitFor(() => expect(aborted.of('aborts')).toHaveLength(1), PATIENCE));
    const before = await handle.history();
    gates.open('aborts');
    await expect(world.client.run(LimitedWorkflow, { input: 'end' })).resolves.toBe('in time');
    expect(await handle.history()).toEqual(before);
  });

  it('of the start replaces that of the workflow', async () => {
    const handle = await world.client.start(LimitedWorkflow, { id: 'longer', input: 'wait', timeout: '1h' });
    await expect(world.client.run(LimitedWorkflow, { input: 'wait' })).rejects.toThrow(WorkflowTimedOutError);
    await handle.send('go');
    await expect(handle.result()).resolves.toBe('went');
  });

  it('counts from the beginning of a delayed run', async () => {
    const delayed = await world.client.start(LimitedWorkflow, {
      id: 'delayed',
      input: 'end',
      delay: LIMIT_MS + 100,
    });
    await expect(delayed.result()).resolves.toBe('in time');
  });

  it('that ran out while no coordinator lived ends the run when one does', async () => {
    const handle = await world.client.start(LimitedWorkflow, { id: 'overdue', input: 'wait' });
    await world.recorded('overdue', 'wait.started');
    await world.server.killCoordinator();
    const over = Date.now() + LIMIT_MS + 50;
    await vi.waitUntil(() => Date.now() > over, PATIENCE);
    await world.server.startCoordinator();
    await expect(handle.result()).rejects.toThrow(WorkflowTimedOutError);
  });

  it('that is no duration is refused', async () => {
    await expect(world.client.start(LimitedWorkflow, { timeout: -1 })).rejects.toThrow(InvalidInputError);
  });
});
