import {
  InvalidInputError,
  PayloadTooLargeError,
  UnencodableValueError,
  ValueCodec,
  WorkflowAlreadyRunningError,
} from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';

import { CoordinatorLink } from './coordinator-link.js';
import { GroundControlClient } from './ground-control.client.js';
import { type Received, ScriptedPort } from './scripted-port.fixture.js';

const values = new ValueCodec();
const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

class Shipping {}
class NoWorkflow {}

function clientOf(port: ScriptedPort): GroundControlClient {
  const link = new CoordinatorLink(port, values, { requestTimeoutMs: 1_000 });
  return new GroundControlClient(link, values, (type) => (type === Shipping ? 'Ship it' : undefined));
}

function startingPort(): ScriptedPort {
  return new ScriptedPort().answer('workflow.start', ({ body }: Received) => ({
    kind: 'run.started',
    runId: String(body['runId']),
    existing: false,
  }));
}

describe('GroundControlClient.start', () => {
  it('sends the options of the start, durations in milliseconds and the input encoded', async () => {
    const port = startingPort();
    const handle = await clientOf(port).start('ProcessOrder', {
      id: 'order-1',
      input: { at: new Date(5) },
      timeout: '30s',
      delay: 250,
      onConflict: 'useExisting',
      reuse: 'reject',
      attributes: { region: 'eu' },
    });
    const [request] = port.ofKind('workflow.start');
    expect(request?.body).toEqual({
      kind: 'workflow.start',
      workflowId: 'order-1',
      runId: handle.runId,
      workflowType: 'ProcessOrder',
      input: values.encode({ at: new Date(5) }, 'input'),
      timeoutMs: 30_000,
      delayMs: 250,
      onConflict: 'useExisting',
      reuse: 'reject',
      attributes: { region: 'eu' },
    });
  });

  it('makes workflow ids and run ids that sort in the order of the starts', async () => {
    const client = clientOf(startingPort());
    const handles = [];
    for (let index = 0; index < 20; index++) handles.push(await client.start('T'));
    const runIds = handles.map((handle) => handle.runId);
    expect(runIds).toEqual(runIds.toSorted());
    expect(new Set(runIds).size).toBe(20);
    for (const handle of handles) {
      expect(handle.runId).toMatch(ULID);
      expect(handle.workflowId).toMatch(ULID);
    }
  });

  it('starts under the run id that it is given, so that a retry is the same start', async () => {
    const port = startingPort();
    await clientOf(port).start('T', { id: 'a', runId: '01JD0000000000000000000000' });
    expect(port.ofKind('workflow.start')[0]?.body['runId']).toBe('01JD0000000000000000000000');
  });

  it('returns a handle on the run that was there when the policy chose it', async () => {
    const port = new ScriptedPort().answer('workflow.start', () => ({
      kind: 'run.started',
      runId: '01JD0000000000000000000009',
      existing: true,
    }));
    const handle = await clientOf(port).start('T', { id: 'a', onConflict: 'useExisting' });
    expect(handle.runId).toBe('01JD0000000000000000000009');
  });

  it('takes the type of a workflow class from its metadata', async () => {
    const port = startingPort();
    await clientOf(port).start(Shipping);
    expect(port.ofKind('workflow.start')[0]?.body['workflowType']).toBe('Ship it');
  });

  it('throws the error with which the start was refused', async () => {
    const port = new ScriptedPort().answer('workflow.start', () => ({
      kind: 'error',
      code: 'WORKFLOW_ALREADY_RUNNING',
      message: 'A run is active.',
    }));
    await expect(clientOf(port).start('T', { id: 'a' })).rejects.toThrow(WorkflowAlreadyRunningError);
  });

  it.each([
    ['a class that is no workflow', NoWorkflow, {}, 'NoWorkflow is no workflow class'],
    ['an empty type', '', {}, 'workflow type'],
    ['an empty id', 'T', { id: '' }, 'workflow id'],
    ['an id that is no text', 'T', { id: 7 as unknown as string }, 'workflow id'],
    ['an id that is too long', 'T', { id: 'x'.repeat(513) }, 'workflow id'],
    ['a run id that cannot be part of a subject', 'T', { runId: 'a.b' }, 'run id'],
    ['a timeout that is none', 'T', { timeout: 'soon' as '1s' }, 'timeout'],
    ['a delay below zero', 'T', { delay: -1 }, 'delay'],
    ['an unknown conflict policy', 'T', { onConflict: 'retry' as 'fail' }, 'onConflict'],
    ['an unknown reuse policy', 'T', { reuse: 'never' as 'reject' }, 'reuse'],
    ['an attribute that is an object', 'T', { attributes: { a: {} as string } }, 'attributes.a'],
  ])('refuses %s before anything is sent', async (_case, workflow, options, named) => {
    const port = startingPort();
    const started = clientOf(port).start(workflow, options);
    await expect(started).rejects.toThrow(InvalidInputError);
    await expect(started).rejects.toThrow(named);
    expect(port.received).toEqual([]);
  });

  it('refuses an input that cannot be encoded, with the path', async () => {
    const started = clientOf(startingPort()).start('T', { input: { items: [{ callback: () => 1 }] } });
    await expect(started).rejects.toThrow(UnencodableValueError);
    await expect(started).rejects.toThrow('input.items[0].callback');
  });

  it('refuses an input over the limit', async () => {
    const started = clientOf(startingPort()).start('T', { input: 'x'.repeat(1024 * 1024) });
    await expect(started).rejects.toThrow(PayloadTooLargeError);
  });
});

describe('GroundControlClient', () => {
  it('runs a workflow to its result', async () => {
    const port = startingPort().answer('workflow.result', ({ body }) => ({
      kind: 'run.ended',
      runId: String(body['runId']),
      status: 'completed',
      result: values.encode({ trackingId: 't-1' }, 'result'),
    }));
    await expect(clientOf(port).run('T', { id: 'a' })).resolves.toEqual({ trackingId: 't-1' });
    expect(port.ofKind('workflow.result')[0]?.body['runId']).toMatch(ULID);
  });

  it('makes handles without asking anybody', () => {
    const port = new ScriptedPort();
    const handle = clientOf(port).handle('a', '01JD0000000000000000000000');
    expect(handle).toMatchObject({ workflowId: 'a', runId: '01JD0000000000000000000000' });
    expect(clientOf(port).handle('a').runId).toBeUndefined();
    expect(port.received).toEqual([]);
  });

  it('tells which workflow types are registered', async () => {
    const port = new ScriptedPort().answer('types.list', () => ({
      kind: 'types',
      types: [
        {
          type: 'T',
          timeoutMs: 5,
          handlers: [
            { name: 'ship', kind: 'step' },
            { name: 'start', kind: 'start' },
            { name: 'order.cancelled', kind: 'event' },
            { name: 'amend', kind: 'update' },
            { name: 'clean', kind: 'cancel' },
          ],
          queries: ['status'],
        },
      ],
    }));
    await expect(clientOf(port).workflowTypes()).resolves.toEqual([
      {
        type: 'T',
        steps: ['start', 'ship'],
        events: ['order.cancelled'],
        updates: ['amend'],
        queries: ['status'],
        timeoutMs: 5,
      },
    ]);
  });

  it('tells which workers are live', async () => {
    const worker = { identity: 'host-1', capacity: 100, running: 3, types: ['T'] };
    const port = new ScriptedPort().answer('workers.list', () => ({
      kind: 'workers',
      workers: [{ workerId: 'w1', ...worker, lastSeenAt: 1_000 }],
    }));
    await expect(clientOf(port).workers()).resolves.toEqual([
      { id: 'w1', ...worker, lastSeenAt: new Date(1_000) },
    ]);
  });
});
