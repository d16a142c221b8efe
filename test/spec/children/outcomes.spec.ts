import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkflowHandle } from '@ground-control/nestjs';
import { eventsOf, SpecWorld } from '../support/spec-world.fixture.js';
import {
  CHILDREN,
  ChildWorkflow,
  type Fate,
  ListenerWorkflow,
  RefusedWorkflow,
  RunnerWorkflow,
  WatcherWorkflow,
} from './children.fixture.js';

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(CHILDREN);
});
afterAll(() => world?.stop());

/** Ends the child from outside, where that is its fate. */
async function end(child: WorkflowHandle, fate: Fate): Promise<void> {
  if (fate !== 'cancel' && fate !== 'terminate') return;
  await world.recorded(child.workflowId, 'wait.started');
  await (fate === 'cancel' ? child.cancel('by the test') : child.terminate('by the test'));
}

const watched = (status: string, fields: object = {}) => ({
  status,
  ok: status === 'completed',
  result: undefined,
  error: undefined,
  ...fields,
});

describe('onCompleted gets the outcome of a child', () => {
  it.each<[Fate, object]>([
    [
      'complete',
      watched('completed', { result: 'child of watch complete', unwrapped: 'child of watch complete' }),
    ],
    ['fail', watched('failed', { error: 'as told', unwrapped: 'WorkflowFailedError' })],
    ['throw', watched('failed', { error: 'thrown', unwrapped: 'WorkflowFailedError' })],
    ['cancel', watched('cancelled', { unwrapped: 'WorkflowCancelledError' })],
    ['terminate', watched('terminated', { unwrapped: 'WorkflowTerminatedError' })],
    ['time out', watched('timed_out', { unwrapped: 'WorkflowTimedOutError' })],
  ])('whose fate it is to %s', async (fate, expected) => {
    const id = `watch ${fate}`;
    const handle = await world.client.start(WatcherWorkflow, { id, input: fate });
    await world.recorded(id, 'child.started');
    await end(world.client.handle(`${id} child`), fate);
    await expect(handle.result()).resolves.toEqual({ ...expected, workflowId: `${id} child` });
    const history = await handle.history();
    expect(eventsOf(history, 'child.started')).toHaveLength(1);
    expect(eventsOf(history, 'child.completed')).toHaveLength(1);
  });

  it('also when both leaders changed in between', async () => {
    const handle = await world.client.start(WatcherWorkflow, { id: 'watch later', input: 'wait' });
    await world.recorded('watch later', 'wait.started');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await world.client.handle('watch later child').send('go');
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed', result: 'went' });
  });
});

describe('ctx.runChild', () => {
  it.each<[Fate, string]>([
    ['complete', 'result: child of run complete'],
    ['fail', 'WorkflowFailedError: as told'],
    ['cancel', 'WorkflowCancelledError: no cause'],
    ['terminate', 'WorkflowTerminatedError: no cause'],
    ['time out', 'WorkflowTimedOutError: no cause'],
  ])('of a child whose fate it is to %s', async (fate, expected) => {
    const id = `run ${fate}`;
    const handle = await world.client.start(RunnerWorkflow, { id, input: fate });
    await world.recorded(id, 'child.started');
    await end(world.client.handle(`${id} child`), fate);
    await expect(handle.result()).resolves.toBe(expected);
    const [completed, ...more] = eventsOf(await handle.history(), 'child.completed');
    expect(more).toEqual([]);
    expect(completed).toMatchObject({ workflowId: `${id} child` });
  });
});

describe('a child', () => {
  it('knows its parent, and is a run like any other', async () => {
    const parent = await world.client.start(WatcherWorkflow, { id: 'known', input: 'wait' });
    await world.recorded('known', 'wait.started');
    const child = await world.client.handle('known child').describe();
    expect(child.parent).toEqual({ workflowId: 'known', runId: parent.runId });
    const [started] = eventsOf(await parent.history(), 'child.started');
    expect(started).toMatchObject({
      workflowId: 'known child',
      runId: child.id,
      workflowType: 'Child',
      input: 'wait',
    });
    await world.client.handle('known child').send('go');
    await parent.result();
  });

  it('sends events to its parent, in order and once, before its outcome', async () => {
    const words = Array.from({ length: 10 }, (_, index) => `word ${index}`);
    const heard = await world.client.run(ListenerWorkflow, { id: 'listens', input: words });
    expect(heard).toEqual([...words.map((word) => ({ word, at: new Date(3) })), 'completed']);
    const sent = eventsOf(await world.client.handle('listens talker').history(), 'parent.event_sent');
    expect(sent).toHaveLength(10);
    expect(sent[0]).toMatchObject({ to: 'listens', event: 'said', payload: { word: 'word 0' } });
  });

  it('of an unknown type, or of an id that is taken, is refused to the step', async () => {
    await world.client.start(ChildWorkflow, { id: 'taken', input: 'wait' });
    const run = (type: string, id: string) => world.client.run(RefusedWorkflow, { input: { type, id } });
    await expect(run('Child', 'taken')).resolves.toBe(
      'WorkflowAlreadyRunningError, WorkflowAlreadyRunningError',
    );
    await expect(run('Nobody', 'x')).resolves.toBe(
      'WorkflowTypeNotRegisteredError, WorkflowTypeNotRegisteredError',
    );
  });
});
