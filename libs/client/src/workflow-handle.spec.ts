import {
  CoordinatorUnavailableError,
  InvalidInputError,
  type Reply,
  ResultTimeoutError,
  type RunEnded,
  StepTimeoutError,
  ValueCodec,
  WorkflowCancelledError,
  WorkflowFailedError,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
} from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';

import { CoordinatorLink } from './coordinator-link.js';
import { ScriptedPort } from './scripted-port.fixture.js';
import { LinkedWorkflowHandle } from './workflow-handle.js';

const values = new ValueCodec();
const RUN = '01JD0000000000000000000000';

function handleOn(port: ScriptedPort, runId: string | undefined = RUN): LinkedWorkflowHandle {
  return new LinkedWorkflowHandle(
    'order-1',
    runId,
    new CoordinatorLink(port, values, { requestTimeoutMs: 50 }),
    values,
  );
}

function ended(fields: Omit<RunEnded, 'kind' | 'runId'>): ScriptedPort {
  return new ScriptedPort().answer('workflow.result', () => ({ kind: 'run.ended', runId: RUN, ...fields }));
}

function answering(kind: string, reply: Reply): ScriptedPort {
  return new ScriptedPort().answer(kind, () => reply);
}

describe('WorkflowHandle.result', () => {
  it('returns what the run completed with', async () => {
    const port = ended({ status: 'completed', result: values.encode(new Map([['a', 1n]]), 'result') });
    await expect(handleOn(port).result()).resolves.toEqual(new Map([['a', 1n]]));
  });

  it('returns undefined for a run that completed with nothing', async () => {
    await expect(handleOn(ended({ status: 'completed' })).result()).resolves.toBeUndefined();
  });

  it('waits for ever unless it is told otherwise', async () => {
    const port = ended({ status: 'completed' });
    await handleOn(port).result();
    expect(port.ofKind('workflow.result')[0]?.options.timeoutMs).toBe(Infinity);
  });

  it('throws ResultTimeoutError when the run goes on after the timeout', async () => {
    const waiting = handleOn(new ScriptedPort()).result({ timeout: 20 });
    await expect(waiting).rejects.toThrow(ResultTimeoutError);
    await expect(waiting).rejects.toMatchObject({ code: 'RESULT_TIMEOUT' });
  });

  it('gives the error of a failed run with type, message, stack, details and causes', async () => {
    const error = {
      type: 'CardDeclinedError',
      message: 'no funds',
      stack: 'CardDeclinedError: no funds\n    at charge (payment.tasks.ts:7:3)',
      details: values.encode({ balance: 3n }, 'details'),
      cause: { type: 'HttpError', message: '402' },
    };
    const failed: unknown = await handleOn(ended({ status: 'failed', error }))
      .result()
      .catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(WorkflowFailedError);
    expect(failed).toMatchObject({
      cause: {
        type: 'CardDeclinedError',
        name: 'CardDeclinedError',
        message: 'no funds',
        stack: error.stack,
        details: { balance: 3n },
        cause: { type: 'HttpError', message: '402' },
      },
    });
    expect((failed as Error).cause).toBeInstanceOf(Error);
    expect((failed as Error).message).toContain('CardDeclinedError: no funds');
  });

  it("gives an error of Ground Control's own as its class", async () => {
    const error = { type: 'StepTimeoutError', message: 'ship took too long', code: 'STEP_TIMEOUT' };
    const failed: unknown = await handleOn(ended({ status: 'failed', error }))
      .result()
      .catch((thrown: unknown) => thrown);
    expect((failed as Error).cause).toBeInstanceOf(StepTimeoutError);
    expect((failed as Error).cause).toMatchObject({ type: 'StepTimeoutError', code: 'STEP_TIMEOUT' });
  });

  it.each([
    ['cancelled', WorkflowCancelledError],
    ['terminated', WorkflowTerminatedError],
    ['timed_out', WorkflowTimedOutError],
  ] as const)('throws the error of a run that ended %s, with the reason', async (status, ErrorClass) => {
    const result = handleOn(ended({ status, reason: 'out of stock' })).result();
    await expect(result).rejects.toThrow(ErrorClass);
    await expect(result).rejects.toThrow('out of stock');
    await expect(result).rejects.toMatchObject({ details: { workflowId: 'order-1', runId: RUN } });
  });
});

describe('WorkflowHandle', () => {
  it('describes a run with times as Dates', async () => {
    const port = answering('workflow.describe', {
      kind: 'run.description',
      run: {
        id: RUN,
        workflowId: 'order-1',
        workflowType: 'T',
        status: 'waiting',
        startedAt: 1_000,
        closedAt: 2_000,
        currentStep: undefined,
        parent: undefined,
        waitingFor: { kind: 'timer', until: 3_000 },
        error: { type: 'E', message: 'm', details: values.encode([1], 'details') ?? new Uint8Array() },
      },
    });
    await expect(handleOn(port).describe()).resolves.toStrictEqual({
      id: RUN,
      workflowId: 'order-1',
      workflowType: 'T',
      status: 'waiting',
      startedAt: new Date(1_000),
      closedAt: new Date(2_000),
      waitingFor: { kind: 'timer', until: new Date(3_000) },
      error: { type: 'E', message: 'm', details: [1] },
    });
  });

  it('asks for the latest run when it has no run id', async () => {
    const port = ended({ status: 'completed' });
    const link = new CoordinatorLink(port, values);
    await new LinkedWorkflowHandle('order-1', undefined, link, values).result();
    expect(port.ofKind('workflow.result')[0]?.body['runId']).toBeUndefined();
  });

  it('sends an event under an id of its own, or the one that it is given', async () => {
    const port = answering('workflow.send', { kind: 'accepted' });
    const handle = handleOn(port);
    await handle.send('approved', { by: 'ann' });
    await handle.send('approved', { by: 'ann' });
    await handle.send('approved', undefined, { eventId: 'e-1' });
    const sent = port.ofKind('workflow.send').map(({ body }) => body);
    expect(sent[0]).toMatchObject({
      workflowId: 'order-1',
      runId: RUN,
      event: 'approved',
      payload: values.encode({ by: 'ann' }, 'payload'),
    });
    expect(sent[0]?.['eventId']).not.toBe(sent[1]?.['eventId']);
    expect(sent[2]).toMatchObject({ eventId: 'e-1', payload: undefined });
  });

  it('returns the answer of a query', async () => {
    const port = answering('workflow.query', {
      kind: 'query.answered',
      result: values.encode('paid', 'result'),
    });
    await expect(handleOn(port).query('status', { verbose: true })).resolves.toBe('paid');
    expect(port.ofKind('workflow.query')[0]?.body).toMatchObject({
      query: 'status',
      args: values.encode({ verbose: true }, 'args'),
    });
  });

  it('returns the reply of an update, asked under the id that it is given', async () => {
    const port = answering('workflow.update', {
      kind: 'update.answered',
      reply: values.encode(3, 'reply'),
    });
    await expect(handleOn(port).update('add', 1, { updateId: 'u-1' })).resolves.toBe(3);
    expect(port.ofKind('workflow.update')[0]?.body).toMatchObject({ update: 'add', updateId: 'u-1' });
  });

  it('cancels and terminates with a reason', async () => {
    const port = answering('workflow.cancel', { kind: 'accepted' }).answer('workflow.terminate', () => ({
      kind: 'accepted',
    }));
    await handleOn(port).cancel('changed my mind');
    await handleOn(port).terminate();
    expect(port.ofKind('workflow.cancel')[0]?.body).toMatchObject({ reason: 'changed my mind' });
    expect(port.ofKind('workflow.terminate')).toHaveLength(1);
  });

  it('throws CoordinatorUnavailableError when nobody answers within the request timeout', async () => {
    await expect(handleOn(new ScriptedPort()).describe()).rejects.toThrow(CoordinatorUnavailableError);
  });

  it('refuses names that are no names', async () => {
    const handle = handleOn(new ScriptedPort());
    await expect(handle.send('')).rejects.toThrow(InvalidInputError);
    await expect(handle.query(undefined as unknown as string)).rejects.toThrow(InvalidInputError);
    await expect(handle.update('')).rejects.toThrow(InvalidInputError);
    await expect(handle.result({ timeout: -1 })).rejects.toThrow(InvalidInputError);
  });
});
