import { FramePeer } from '@ground-control/client';
import { decodeFrame } from '@ground-control/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParentClosePolicy } from '@ground-control/nestjs';
import type { TestingModule } from '@nestjs/testing';
import { SpecWorld } from '../support/spec-world.fixture.js';
import { CHILDREN, type ParentInput, ParentWorkflow } from './children.fixture.js';

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(CHILDREN);
});
afterAll(() => world?.stop());

/** Ends a parent, and returns the handles of its children once they have heard of it. */
async function ended(id: string, input: ParentInput, how?: 'cancel' | 'terminate') {
  const parent = await world.client.start(ParentWorkflow, { id, input });
  const child = world.client.handle(`${id} child`);
  const careful = world.client.handle(`${id} careful child`);
  await Promise.all([child, careful].map(({ workflowId }) => world.client.handle(id) && started(workflowId)));
  if (how) {
    await world.recorded(id, 'wait.started');
    await parent[how]('enough');
  }
  await parent.result().catch(() => undefined);
  return { child, careful };
}

async function started(workflowId: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await world.recorded(workflowId, 'wait.started');
      return;
    } catch (error) {
      if ((error as Error).name !== 'WorkflowNotFoundError' || Date.now() > deadline) throw error;
    }
  }
}

const ends: [string, ParentInput['end'], 'cancel' | 'terminate' | undefined][] = [
  ['completes', 'complete', undefined],
  ['fails', 'fail', undefined],
  ['is cancelled', 'wait', 'cancel'],
  ['is terminated', 'wait', 'terminate'],
];

describe.each(ends)('when the parent %s, parentClosePolicy', (name, end, how) => {
  const close = (policy: ParentClosePolicy | undefined) =>
    ended(`${name} ${policy}`, { end, ...(policy && { policy }) }, how);

  it("'terminate' ends its children at once", async () => {
    const { child, careful } = await close('terminate');
    await expect(child.result()).rejects.toMatchObject({ name: 'WorkflowTerminatedError' });
    await expect(careful.result()).rejects.toMatchObject({ name: 'WorkflowTerminatedError' });
    await expect(careful.query('reason')).resolves.toBeUndefined();
  });

  it("'cancel' cancels its children, which may clean up", async () => {
    const { child, careful } = await close('cancel');
    await expect(child.result()).rejects.toMatchObject({ name: 'WorkflowCancelledError' });
    await expect(careful.result()).rejects.toMatchObject({ name: 'WorkflowCancelledError' });
    await expect(careful.query('reason')).resolves.toBe('its parent has ended');
  });

  it.each(['abandon', undefined] as const)('%s lets its children go on', async (policy) => {
    const { child, careful } = await close(policy);
    expect((await careful.describe()).status).toBe('waiting');
    await child.send('go');
    await expect(child.result()).resolves.toBe('went');
  });
});

describe('a parent that ends while no coordinator lives', () => {
  it('closes its children when one does', async () => {
    const id = 'closed later';
    const parent = await world.client.start(ParentWorkflow, {
      id,
      input: { end: 'wait', policy: 'terminate' },
    });
    await world.recorded(id, 'wait.started');
    const terminated = parent.terminate();
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await terminated;
    await expect(world.client.handle(`${id} child`).result()).rejects.toMatchObject({
      name: 'WorkflowTerminatedError',
    });
  });
});

describe('a parent that ends in the middle of startChild', () => {
  it.each<[ParentClosePolicy, string]>([
    ['terminate', 'WorkflowTerminatedError'],
    ['cancel', 'WorkflowCancelledError'],
  ])('closes the child whose start is yet to come: %s', async (policy, expected) => {
    const lone = await SpecWorld.start();
    try {
      const release = withholdStarts(await lone.serveHere(CHILDREN));
      const id = `in the middle of ${policy}`;
      const parent = await lone.client.start(ParentWorkflow, { id, input: { end: 'wait', policy } });
      await lone.recorded(id, 'child.started');
      await parent.terminate();
      const child = lone.client.handle(`${id} child`);
      await lone.recorded(child.workflowId, policy === 'cancel' ? 'run.cancelled' : 'run.terminated');
      const before = await child.describe();
      await release();
      await expect(child.result()).rejects.toMatchObject({ name: expected });
      await expect(child.describe()).resolves.toEqual(before);
      expect(before.parent).toEqual({ workflowId: id, runId: parent.runId });
      const { runs } = await lone.client.list({ type: 'Child' });
      expect(runs).toHaveLength(1);
    } finally {
      await lone.stop();
    }
  });
});

/** Keeps back the starts that a worker sends. @returns what sends them after all, and waits until they have arrived */
function withholdStarts(worker: TestingModule): () => Promise<void> {
  const { connection } = worker.get(FramePeer, { strict: false });
  const publish = connection.publish.bind(connection);
  const withheld: Parameters<typeof publish>[] = [];
  connection.publish = (...frame) => {
    const [, payload] = frame;
    const messages = payload instanceof Uint8Array ? decodeFrame(payload).messages : [];
    if (messages.some(([, { kind }]) => kind === 'workflow.start')) withheld.push(frame);
    else publish(...frame);
  };
  return async () => {
    connection.publish = publish;
    for (const frame of withheld) publish(...frame);
    await connection.flush();
  };
}
