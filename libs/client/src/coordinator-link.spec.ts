import {
  CoordinatorUnavailableError,
  MalformedMessageError,
  partitionOf,
  QueryFailedError,
  ValueCodec,
  WorkflowNotFoundError,
} from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';

import { CoordinatorLink } from './coordinator-link.js';
import { ScriptedPort } from './scripted-port.fixture.js';

const values = new ValueCodec();
const describeRun = (workflowId: string) => ({ kind: 'workflow.describe' as const, workflowId });
const run = {
  id: '01JD0000000000000000000000',
  workflowId: 'a',
  workflowType: 'T',
  status: 'running' as const,
  startedAt: 1,
};

describe('CoordinatorLink', () => {
  it('takes a request to the partition of its workflow id', async () => {
    const port = new ScriptedPort(7).answer('workflow.describe', () => ({ kind: 'run.description', run }));
    const link = new CoordinatorLink(port, values);
    for (const id of ['a', 'b', 'order 17', 'ü.*>']) await link.ask(describeRun(id));
    expect(port.ofKind('workflow.describe').map(({ to }) => to)).toEqual(
      ['a', 'b', 'order 17', 'ü.*>'].map((id) => ({ kind: 'partition', partition: partitionOf(id, 7) })),
    );
  });

  it('asks once how the namespace is laid out, however many callers there are', async () => {
    const port = new ScriptedPort().answer('workflow.describe', () => ({ kind: 'run.description', run }));
    const link = new CoordinatorLink(port, values);
    await Promise.all([link.ask(describeRun('a')), link.ask(describeRun('b'))]);
    await link.ask(describeRun('c'));
    expect(port.ofKind('namespace.describe')).toHaveLength(1);
  });

  it('asks again how the namespace is laid out when it was refused', async () => {
    const port = new ScriptedPort().answer('namespace.describe', () => {
      throw new CoordinatorUnavailableError('closed');
    });
    const link = new CoordinatorLink(port, values);
    await expect(link.namespace()).rejects.toThrow('closed');
    port.answer('namespace.describe', () => ({
      kind: 'namespace',
      partitions: 2,
      leaseMs: 1,
      maxValueBytes: 1,
    }));
    await expect(link.namespace()).resolves.toMatchObject({ partitions: 2 });
  });

  it('turns a refusal into the error of its code, with its details', async () => {
    const port = new ScriptedPort().answer('workflow.describe', () => ({
      kind: 'error',
      code: 'WORKFLOW_NOT_FOUND',
      message: 'No run.',
      details: { workflowId: 'a' },
    }));
    const refused = new CoordinatorLink(port, values).ask(describeRun('a'));
    await expect(refused).rejects.toThrow(WorkflowNotFoundError);
    await expect(refused).rejects.toMatchObject({ message: 'No run.', details: { workflowId: 'a' } });
  });

  it("gives a refusal the user's error as its cause", async () => {
    const details = values.encode({ field: 'sku' }, 'details');
    const failure = { type: 'LookupError', message: 'no such sku', stack: 'LookupError: at shop', details };
    const port = new ScriptedPort().answer('workflow.query', () => ({
      kind: 'error',
      code: 'QUERY_FAILED',
      message: 'The query failed.',
      failure,
    }));
    const link = new CoordinatorLink(port, values);
    const asked = link.ask({ kind: 'workflow.query', workflowId: 'a', query: 'q', args: undefined });
    await expect(asked).rejects.toThrow(QueryFailedError);
    await expect(asked).rejects.toMatchObject({
      cause: { type: 'LookupError', message: 'no such sku', details: { field: 'sku' } },
    });
  });

  it('refuses a reply of another kind', async () => {
    const port = new ScriptedPort().answer('workflow.describe', () => ({ kind: 'stale' }));
    const asked = new CoordinatorLink(port, values).ask(describeRun('a'));
    await expect(asked).rejects.toThrow(MalformedMessageError);
  });

  it('gives up at its timeout while nobody tells how the namespace is laid out', async () => {
    const port = new ScriptedPort().silence('namespace.describe');
    const link = new CoordinatorLink(port, values, { requestTimeoutMs: 20, where: 'NATS at home' });
    const asked = link.ask(describeRun('a'));
    await expect(asked).rejects.toThrow(CoordinatorUnavailableError);
    await expect(asked).rejects.toThrow('within 20 ms (NATS at home)');
  });

  it('connects at the first request, and again after it could not', async () => {
    const port = new ScriptedPort().answer('workflow.describe', () => ({ kind: 'run.description', run }));
    let calls = 0;
    const link = new CoordinatorLink(async () => {
      if (++calls === 1) throw new CoordinatorUnavailableError('refused');
      return port;
    }, values);
    expect(calls).toBe(0);
    await expect(link.ask(describeRun('a'))).rejects.toThrow('refused');
    await link.ask(describeRun('a'));
    await link.ask(describeRun('b'));
    expect(calls).toBe(2);
  });
});
