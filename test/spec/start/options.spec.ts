import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  InvalidInputError,
  OnEvent,
  Start,
  Workflow,
  WorkflowAlreadyRunningError,
  WorkflowTerminatedError,
  WorkflowTypeNotRegisteredError,
} from '@ground-control/nestjs';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

type Input = 'wait' | 'complete' | 'fail';

@Workflow('Job.of a kind > with any * text')
class JobWorkflow {
  @Start()
  async start(ctx: Context, input: Input): Promise<Directive<string>> {
    if (input === 'complete') return ctx.next.complete(ctx.run.id);
    if (input === 'fail') return ctx.next.fail({ type: 'JobError', message: 'failed' });
    return ctx.next.wait();
  }

  @OnEvent('go')
  async go(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('went');
  }
}

@Workflow()
class Attributed {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete(ctx.run.attributes);
  }
}

const APP = served([JobWorkflow, Attributed]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

const start = (id: string, input: Input, options: object = {}) =>
  world.client.start(JobWorkflow, { id, input, ...options });

async function ended(id: string, input: 'complete' | 'fail') {
  const handle = await start(id, input);
  await handle.result().catch(() => undefined);
  return handle;
}

describe('start', () => {
  it('makes a ULID for a run without a workflow id', async () => {
    const handle = await world.client.start(JobWorkflow, { input: 'complete' });
    expect(handle.workflowId).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    await expect(handle.result()).resolves.toBe(handle.runId);
  });

  it('takes any text for a workflow id', async () => {
    const id = 'order 1.*.> ü / \n "quoted"';
    const handle = await start(id, 'complete');
    expect((await handle.describe()).workflowId).toBe(id);
  });

  it('is durable when it returns', async () => {
    const handle = await start('durable', 'wait');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    expect(await handle.describe()).toMatchObject({ id: handle.runId, workflowId: 'durable' });
  });

  it('refuses a type that no worker ever served, and options that are not valid', async () => {
    await expect(world.client.start('Nobody')).rejects.toThrow(WorkflowTypeNotRegisteredError);
    await expect(start('', 'wait')).rejects.toThrow(InvalidInputError);
    await expect(start('x', 'wait', { onConflict: 'ignore' })).rejects.toThrow(/onConflict/);
    await expect(start('x', 'wait', { reuse: 'never' })).rejects.toThrow(/reuse/);
    await expect(start('x', 'wait', { delay: 'soon' })).rejects.toThrow(/delay/);
    await expect(start('x', 'wait', { attributes: { a: null } })).rejects.toThrow(/attributes\.a/);
  });
});

describe('while a run of the id is active, onConflict', () => {
  it("'fail' refuses and names the run", async () => {
    const active = await start('conflict fail', 'wait');
    const error = await rejectionOf(start('conflict fail', 'wait'));
    expect(error).toBeInstanceOf(WorkflowAlreadyRunningError);
    expect(error.message).toContain(active.runId);
  });

  it("'useExisting' gives a handle of the active run and starts nothing", async () => {
    const active = await start('conflict use', 'wait');
    const other = await start('conflict use', 'fail', { onConflict: 'useExisting' });
    expect(other.runId).toBe(active.runId);
    await other.send('go');
    await expect(active.result()).resolves.toBe('went');
  });

  it("'terminateExisting' ends the active run and starts another", async () => {
    const active = await start('conflict end', 'wait');
    const other = await start('conflict end', 'complete', { onConflict: 'terminateExisting' });
    await expect(active.result()).rejects.toThrow(WorkflowTerminatedError);
    await expect(other.result()).resolves.toBe(other.runId);
    expect(other.runId).not.toBe(active.runId);
    await expect(world.client.handle('conflict end').result()).resolves.toBe(other.runId);
  });

  it("'terminateExisting' ends nothing when the reuse policy refuses the start", async () => {
    const active = await start('conflict refused', 'wait');
    const refused = start('conflict refused', 'wait', { onConflict: 'terminateExisting', reuse: 'reject' });
    await expect(refused).rejects.toThrow(WorkflowAlreadyRunningError);
    expect((await active.describe()).status).not.toBe('terminated');
  });

  it('lets one of many starts at once win', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => start('conflict race', 'wait')),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { runs } = await world.client.list({ idPrefix: 'conflict race' });
    expect(runs).toHaveLength(1);
  });
});

describe('after the last run of the id ended, reuse', () => {
  it.each([
    ['allow', 'complete'],
    ['allow', 'fail'],
    ['allowIfFailed', 'fail'],
  ] as const)("'%s' starts another after a run that did %s", async (reuse, input) => {
    const id = `reuse ${reuse} ${input}`;
    const first = await ended(id, input);
    const again = await start(id, 'complete', { reuse });
    await expect(again.result()).resolves.toBe(again.runId);
    expect(again.runId).not.toBe(first.runId);
  });

  it.each([
    ['allowIfFailed', 'complete'],
    ['reject', 'complete'],
    ['reject', 'fail'],
  ] as const)("'%s' refuses after a run that did %s", async (reuse, input) => {
    const id = `reuse ${reuse} ${input}`;
    await ended(id, input);
    await expect(start(id, 'complete', { reuse })).rejects.toThrow(WorkflowAlreadyRunningError);
  });

  it('holds also for what another coordinator saw end', async () => {
    await ended('reuse later', 'complete');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await expect(start('reuse later', 'complete', { reuse: 'reject' })).rejects.toThrow(
      WorkflowAlreadyRunningError,
    );
  });
});

describe('a start that is tried again with the same run id', () => {
  it('starts one run and gets the same answer', async () => {
    const runId = '01J00000000000000000000001';
    const handles = await Promise.all(Array.from({ length: 5 }, () => start('retried', 'wait', { runId })));
    expect(new Set(handles.map((handle) => handle.runId))).toEqual(new Set([runId]));
    expect(eventsOf(await world.client.handle('retried').history(), 'run.started')).toHaveLength(1);
  });

  it('is answered the same after the run ended', async () => {
    const runId = '01J00000000000000000000002';
    const first = await start('retried late', 'complete', { runId });
    await first.result();
    const again = await start('retried late', 'complete', { runId, reuse: 'reject' });
    expect(again.runId).toBe(runId);
    await expect(again.result()).resolves.toBe(runId);
  });

  it('does not end the run that it started, with terminateExisting', async () => {
    const options = { runId: '01J00000000000000000000003', onConflict: 'terminateExisting' };
    await start('retried end', 'wait', options);
    const again = await start('retried end', 'wait', options);
    expect((await again.describe()).status).not.toBe('terminated');
  });

  it('is refused for another workflow id', async () => {
    const runId = '01J00000000000000000000004';
    // Both ids are in one partition, which knows of the run.
    await start('taken 0', 'wait', { runId });
    await expect(start('taken 4', 'wait', { runId })).rejects.toThrow(InvalidInputError);
  });
});

describe('a delayed start', () => {
  it('is scheduled until its time has come, and takes events until then', async () => {
    const handle = await start('delayed', 'wait', { delay: 300 });
    expect(await handle.describe()).toMatchObject({
      status: 'scheduled',
      waitingFor: { kind: 'timer', step: 'start' },
    });
    await handle.send('go');
    await expect(handle.result()).resolves.toBe('went');
    const history = await handle.history();
    const [step] = eventsOf(history, 'step.started');
    expect((step?.at.getTime() ?? 0) - (history[0]?.at.getTime() ?? 0)).toBeGreaterThanOrEqual(300);
  });
});

describe('attributes', () => {
  it('are told to the run and in its listing', async () => {
    const attributes = { customer: 'ada', total: 12.5, vip: true };
    const handle = await world.client.start(Attributed, { id: 'attributes', attributes });
    await expect(handle.result()).resolves.toEqual(attributes);
    expect((await handle.describe()).attributes).toEqual(attributes);
  });
});
