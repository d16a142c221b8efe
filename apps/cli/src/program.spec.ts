import { PassThrough } from 'node:stream';
import { CoordinatorLink, GroundControlClient, type Body, type RequestPort } from '@ground-control/client';
import { CoordinatorUnavailableError, type Reply, ValueCodec } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';

import { runCli } from './program.js';
import type { GlobalOptions } from './session.js';
import { Terminal } from './terminal.js';

const values = new ValueCodec();
const RUN = '01JD0000000000000000000000';

interface Finished {
  code: number;
  out: string;
  err: string;
  asked: (Body & Record<string, unknown>)[];
  options: GlobalOptions | undefined;
}

/** Runs a command line against coordinators that answer each kind of request with what is given for it. */
async function gctl(args: string[], replies: Record<string, Reply> = {}): Promise<Finished> {
  const asked: Finished['asked'] = [];
  const port: RequestPort = {
    async request(_to, body) {
      if (body.kind === 'namespace.describe') {
        return { kind: 'namespace', partitions: 1, leaseMs: 1, maxValueBytes: 1 } as Body;
      }
      asked.push(body as Finished['asked'][number]);
      const reply = replies[body.kind];
      if (!reply) throw new CoordinatorUnavailableError('No coordinator answered.');
      return reply;
    },
  };
  const [out, err] = [new PassThrough({ encoding: 'utf8' }), new PassThrough({ encoding: 'utf8' })];
  let options: GlobalOptions | undefined;
  const code = await runCli(args, {
    terminal: new Terminal(out, err),
    openSession: async (given) => {
      options = given;
      const client = new GroundControlClient(new CoordinatorLink(port, values), values);
      return { client, close: async () => undefined };
    },
  });
  return { code, out: String(out.read() ?? ''), err: String(err.read() ?? ''), asked, options };
}

const started: Reply = { kind: 'run.started', runId: RUN, existing: false };
const ended: Reply = {
  kind: 'run.ended',
  runId: RUN,
  status: 'completed',
  result: values.encode({ trackingId: 't-1', at: new Date(0), ids: new Set([1n]) }, 'result'),
};
const history: Reply = {
  kind: 'history.page',
  runId: RUN,
  more: false,
  ended: true,
  events: [
    {
      seq: 1,
      at: 0,
      kind: 'task.completed',
      step: 'start',
      attempt: 1,
      workerId: 'w1',
      op: 0,
      task: 'charge',
      args: values.encode(['order-1', 5], 'args'),
      result: values.encode('pay-1', 'result'),
      durationMs: 12,
    },
  ],
};

describe('gctl workflow start', () => {
  it('starts a run with its options and prints its ids', async () => {
    const { code, out, asked } = await gctl(
      (
        'workflow start ProcessOrder --id order-1 --input {"qty":2} --timeout 30s --delay 250 ' +
        '--on-conflict useExisting --reuse reject --attribute region=eu --attribute vip=true --attribute n=3'
      ).split(' '),
      { 'workflow.start': started },
    );
    expect(code).toBe(0);
    expect(out).toBe(`workflow id  order-1\nrun id       ${RUN}\n`);
    expect(asked[0]).toMatchObject({
      workflowId: 'order-1',
      workflowType: 'ProcessOrder',
      input: values.encode({ qty: 2 }, 'input'),
      timeoutMs: 30_000,
      delayMs: 250,
      onConflict: 'useExisting',
      reuse: 'reject',
      attributes: { region: 'eu', vip: true, n: 3 },
    });
  });

  it('prints JSON when asked to, wherever the option stands', async () => {
    const replies = { 'workflow.start': started };
    const after = await gctl(['workflow', 'start', 'T', '--id', 'a', '--json'], replies);
    const before = await gctl(['--json', 'workflow', 'start', 'T', '--id', 'a'], replies);
    expect(JSON.parse(after.out)).toEqual({ workflowId: 'a', runId: RUN });
    expect(before.out).toBe(after.out);
  });

  it('exits with 1 when the request is refused, with the error on stderr', async () => {
    const refused: Reply = { kind: 'error', code: 'WORKFLOW_ALREADY_RUNNING', message: 'A run is active.' };
    const text = await gctl(['workflow', 'start', 'T'], { 'workflow.start': refused });
    expect(text).toMatchObject({ code: 1, out: '', err: 'gctl: A run is active.\n' });
    const json = await gctl(['workflow', 'start', 'T', '--json'], { 'workflow.start': refused });
    expect(JSON.parse(json.err)).toEqual({
      error: { code: 'WORKFLOW_ALREADY_RUNNING', message: 'A run is active.' },
    });
  });
});

describe('gctl workflow', () => {
  it('prints the result, with what JSON has no form for in the nearest one', async () => {
    const { code, out } = await gctl(['workflow', 'result', 'a'], { 'workflow.result': ended });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ trackingId: 't-1', at: '1970-01-01T00:00:00.000Z', ids: ['1'] });
  });

  it('exits with 1 when the workflow failed', async () => {
    const failed: Reply = {
      kind: 'run.ended',
      runId: RUN,
      status: 'failed',
      error: { type: 'CardDeclinedError', message: 'no funds' },
    };
    const { code, err } = await gctl(['workflow', 'result', 'a', '--json'], { 'workflow.result': failed });
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'WORKFLOW_FAILED', cause: { type: 'CardDeclinedError', message: 'no funds' } },
    });
  });

  it('prints a history with one event a line', async () => {
    const { out } = await gctl(['workflow', 'history', 'a'], { 'workflow.history': history });
    expect(out).toBe(
      '   1  00:00:00.000  task.completed        start  charge  attempt=1  args=["order-1",5]  result="pay-1"  durationMs=12\n',
    );
  });

  it('prints a history as one JSON array, and a watched one as one JSON object a line', async () => {
    const replies = { 'workflow.history': history };
    const { out } = await gctl(['workflow', 'history', 'a', '--json'], replies);
    expect(JSON.parse(out)).toMatchObject([{ seq: 1, kind: 'task.completed', args: ['order-1', 5] }]);
    const watched = await gctl(['workflow', 'watch', 'a', '--json'], replies);
    expect(JSON.parse(watched.out)).toMatchObject({ seq: 1, kind: 'task.completed' });
  });

  it('describes the run that is asked for', async () => {
    const { out, asked } = await gctl(['workflow', 'describe', 'a', '--run-id', RUN], {
      'workflow.describe': {
        kind: 'run.description',
        run: {
          id: RUN,
          workflowId: 'a',
          workflowType: 'T',
          status: 'waiting',
          startedAt: 0,
          currentStep: 'approve',
          attempt: 2,
          waitingFor: { kind: 'event', events: ['approved', 'refused'], until: 60_000 },
        },
      },
    });
    expect(asked[0]).toMatchObject({ workflowId: 'a', runId: RUN });
    expect(out).toContain('status       waiting\n');
    expect(out).toContain('step         approve, attempt 2\n');
    expect(out).toContain('waiting for  event approved, refused until 1970-01-01T00:01:00.000Z\n');
  });

  it('lists runs in a table', async () => {
    const run = {
      id: RUN,
      workflowId: 'order-1',
      workflowType: 'T',
      status: 'failed' as const,
      startedAt: 0,
    };
    const { out, asked } = await gctl(['workflow', 'list', '--status', 'failed', '--limit', '5'], {
      'workflow.list': { kind: 'run.list', runs: [run] },
    });
    expect(asked[0]).toMatchObject({ status: ['failed'], limit: 5 });
    expect(out.split('\n')[1]).toMatch(/^order-1 +T +failed +1970-01-01T00:00:00.000Z +01JD/);
  });

  it.each([
    [['send', 'a', 'approved', '--input', '7', '--event-id', 'e'], 'workflow.send', 'Sent approved.\n'],
    [['cancel', 'a', '--reason', 'why'], 'workflow.cancel', 'Asked a to end.\n'],
    [['terminate', 'a'], 'workflow.terminate', 'Terminated a.\n'],
  ])('says what it did: %j', async (args, kind, said) => {
    const { code, out, asked } = await gctl(['workflow', ...args], { [kind]: { kind: 'accepted' } });
    expect({ code, out, kinds: asked.map((body) => body.kind) }).toEqual({
      code: 0,
      out: said,
      kinds: [kind],
    });
  });

  it('prints what a query and an update are answered with', async () => {
    const answer = values.encode({ open: true }, 'answer');
    const query = await gctl(['workflow', 'query', 'a', 'status', '--input', '{"x":1}'], {
      'workflow.query': { kind: 'query.answered', result: answer },
    });
    expect(JSON.parse(query.out)).toEqual({ open: true });
    expect(query.asked[0]).toMatchObject({ query: 'status', args: values.encode({ x: 1 }, 'args') });
    const update = await gctl(['workflow', 'update', 'a', 'amend', '--update-id', 'u'], {
      'workflow.update': { kind: 'update.answered', reply: undefined },
    });
    expect(update.out).toBe('null\n');
    expect(update.asked[0]).toMatchObject({ update: 'amend', updateId: 'u' });
  });
});

describe('gctl', () => {
  it('lists workers and workflow types', async () => {
    const worker = { workerId: 'w1', identity: 'host', capacity: 9, running: 2, types: ['T'], lastSeenAt: 0 };
    const workers = await gctl(['worker', 'list'], {
      'workers.list': { kind: 'workers', workers: [worker] },
    });
    expect(workers.out).toContain('w1  host      2/9');
    const types = await gctl(['type', 'list', '--json'], {
      'types.list': { kind: 'types', types: [{ type: 'T', handlers: [], queries: [] }] },
    });
    expect(JSON.parse(types.out)).toMatchObject([{ type: 'T', steps: [] }]);
  });

  it('tells of the cluster: who leads what, with what there is to do', async () => {
    const coordinator = { coordinatorId: 'c1', identity: 'host:7', startedAt: Date.now() - 3_600_000 };
    const replies: Record<string, Reply> = {
      'cluster.describe': {
        kind: 'cluster',
        coordinator,
        partitions: 1,
        replicas: 3,
        storage: 'file',
        leaseMs: 15_000,
        nats: { server: 'n1', version: '2.15.1', cluster: 'c' },
      },
      'partition.describe': {
        kind: 'partition',
        partition: 0,
        leader: coordinator,
        since: Date.now() - 60_000,
        active: [
          { type: 'T', status: 'running', runs: 2 },
          { type: 'U', status: 'running', runs: 3 },
        ],
      },
    };
    const text = await gctl(['cluster', 'status'], replies);
    expect(text.code).toBe(0);
    expect(text.out).toContain('nats          2.15.1 at n1, cluster c\n');
    expect(text.out).toContain('streams       file, 3 copies\n');
    expect(text.out).toMatch(/^host:7 +1 +1h ago +c1$/m);
    expect(text.out).toMatch(/^0 +host:7 +1m ago +0 +5 +0$/m);
    const json = await gctl(['cluster', 'status', '--json'], replies);
    expect(JSON.parse(json.out)).toMatchObject({
      coordinators: [{ id: 'c1', identity: 'host:7' }],
      partitions: [{ partition: 0, leader: { id: 'c1' }, active: [{ type: 'T', runs: 2 }, { type: 'U' }] }],
    });
  });

  it('tells of a partition that nobody leads', async () => {
    const coordinator = { coordinatorId: 'c1', identity: 'host:7', startedAt: 0 };
    const { code, out } = await gctl(['cluster', 'status'], {
      'cluster.describe': {
        kind: 'cluster',
        coordinator,
        partitions: 1,
        replicas: 1,
        storage: 'file',
        leaseMs: 15_000,
        nats: { server: 'n1', version: '2.15.1' },
      },
      'partition.describe': { kind: 'error', code: 'JOURNAL_CORRUPT', message: 'it is not whole' },
    });
    expect(code).toBe(0);
    expect(out).toContain('0 of 1 served');
    expect(out).toContain('none: it is not whole');
  });

  it('exits with 3 when no coordinator answers', async () => {
    const { code, err } = await gctl(['workflow', 'describe', 'a']);
    expect({ code, err }).toEqual({ code: 3, err: 'gctl: No coordinator answered.\n' });
  });

  it('waits five seconds for a coordinator unless it is told otherwise', async () => {
    const replies: Record<string, Reply> = { 'workers.list': { kind: 'workers', workers: [] } };
    const { options } = await gctl(['worker', 'list'], replies);
    expect(options).toMatchObject({ requestTimeout: 5_000, namespace: 'default' });
    const told = await gctl(['worker', 'list', '--request-timeout', '1s', '--server', 'nats://n:1'], replies);
    expect(told.options).toMatchObject({ requestTimeout: 1_000, server: 'nats://n:1' });
  });

  it.each([
    [['frobnicate']],
    [['workflow', 'start']],
    [['workflow', 'start', 'T', '--input', '{']],
    [['workflow', 'start', 'T', '--input', '1', '--input-file', '/dev/null']],
    [['workflow', 'start', 'T', '--input-file', '/no/such/file']],
    [['workflow', 'start', 'T', '--timeout', 'soon']],
    [['workflow', 'start', 'T', '--on-conflict', 'retry']],
    [['workflow', 'start', 'T', '--attribute', 'region']],
    [['workflow', 'describe', '']],
    [['workflow', 'describe', 'a', '--what']],
    [['workflow', 'list', '--status', 'dead']],
    [['workflow', 'list', '--limit', '0']],
    [['worker', 'list', '--namespace', 'a.b']],
    [['dev', '--port', '70000']],
    [[]],
  ])('exits with 2 for wrong usage: %j', async (args) => {
    const { code, out, err, asked } = await gctl(args);
    expect({ code, out, asked }).toEqual({ code: 2, out: '', asked: [] });
    expect(err).not.toBe('');
  });

  it('exits with 0 for help', async () => {
    const { code, out } = await gctl(['workflow', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('terminate');
  });
});
