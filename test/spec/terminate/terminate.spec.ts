import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Context,
  type Directive,
  OnCancel,
  RunFinishedError,
  Start,
  Workflow,
  WorkflowTerminatedError,
} from '@ground-control/nestjs';
import { toldByTheLiving } from '../support/at-least-once.fixture.js';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, PATIENCE, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

/** Why the signals of steps aborted. */
const aborted = new Ledger<string>('aborted');
/** The clean-ups that ran. */
const cleanUps = new Ledger<true>('clean-ups');

@Workflow('Stubborn')
class StubbornWorkflow {
  @Start()
  async start(ctx: Context, where: 'wait' | 'step'): Promise<Directive<string>> {
    if (where === 'wait') return ctx.next.wait();
    const id = ctx.run.workflowId;
    ctx.signal.addEventListener('abort', () => aborted.note(id, String(ctx.signal.reason)));
    await gates.pass(id);
    ctx.store.put('late', true);
    gates.open(`${id} is past`);
    return ctx.next.complete('late');
  }

  @OnCancel()
  async undo(ctx: Context): Promise<Directive> {
    cleanUps.note(ctx.run.workflowId, true);
    return ctx.next.complete();
  }
}

const APP = served([StubbornWorkflow], { worker: { concurrency: 5 } });

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

async function startStep(id: string) {
  const handle = await world.client.start(StubbornWorkflow, { id, input: 'step' });
  await gates.reached(id);
  return handle;
}

describe('terminate', () => {
  it('ends a run that waits at once, without its clean-up', async () => {
    const handle = await world.client.start(StubbornWorkflow, { id: 'waits', input: 'wait' });
    await world.recorded('waits', 'wait.started');
    await handle.terminate('broken');
    const error = await rejectionOf(handle.result());
    expect(error).toBeInstanceOf(WorkflowTerminatedError);
    expect(error.message).toMatch(/broken/);
    expect((await handle.history()).at(-1)).toMatchObject({ kind: 'run.terminated', reason: 'broken' });
    expect(cleanUps.of('waits')).toEqual([]);
  });

  it('ends a run while its step runs, and aborts ctx.signal', async () => {
    const handle = await startStep('runs');
    await handle.terminate();
    await expect(handle.result()).rejects.toThrow(WorkflowTerminatedError);
    await toldByTheLiving(() =>
      vi.waitFor(() => expect(aborted.of('runs')).toEqual([expect.stringMatching(/terminated/)]), PATIENCE),
    );
    gates.open('runs');
  });

  it('lets a result that comes late change nothing', async () => {
    const handle = await startStep('late');
    await handle.terminate();
    const before = await handle.history();
    gates.open('late');
    await toldByTheLiving(() => gates.pass('late is past'));
    // A run of the same worker that starts and ends later shows that the late result has had its time.
    await expect((await startEnded()).result()).rejects.toThrow(WorkflowTerminatedError);
    expect(await handle.history()).toEqual(before);
    expect((await handle.describe()).status).toBe('terminated');
  });

  it('gives the place of the step back to the worker at once', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `slot ${index}`);
    for (const id of ids) await (await startStep(id)).terminate();
    const worker = (await world.client.workers())[0];
    expect(worker?.running).toBeLessThanOrEqual(5);
    for (const id of ids) gates.open(id);
  });

  it('tells the worker of a step that an earlier coordinator gave it', async () => {
    const handle = await startStep('untold');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await handle.terminate();
    await toldByTheLiving(() => vi.waitFor(() => expect(aborted.of('untold')).toHaveLength(1), PATIENCE));
    gates.open('untold');
  });

  it('of a run that has ended is refused', async () => {
    const handle = await startEnded();
    await expect(handle.terminate()).rejects.toThrow(RunFinishedError);
    expect(eventsOf(await handle.history(), 'run.terminated')).toHaveLength(1);
  });

  async function startEnded() {
    const handle = await world.client.start(StubbornWorkflow, { input: 'wait' });
    await world.recorded(handle.workflowId, 'wait.started');
    await handle.terminate();
    return handle;
  }
});
