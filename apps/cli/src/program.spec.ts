import { PassThrough } from 'node:stream';
import { CoordinatorLink, GroundControlClient, type Body, type RequestPort } from '@ground-control/client';
import { CoordinatorUnavailableError, type Reply, ValueCodec } from '@ground-control/protocol';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { examplesOf } from './examples.js';
import { EXIT } from './exit-code.js';
import { createProgram, runCli, withSubcommands } from './program.js';
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
async function gctl(
  args: string[],
  replies: Record<string, Reply | ((body: Body & Record<string, unknown>) => Reply)> = {},
): Promise<Finished> {
  const asked: Finished['asked'] = [];
  const port: RequestPort = {
    async request(_to, body) {
      if (body.kind === 'namespace.describe') {
        return { kind: 'namespace', partitions: 1, leaseMs: 1, maxValueBytes: 1 } as Body;
      }
      asked.push(body as Finished['asked'][number]);
      const scripted = replies[body.kind];
      const reply = typeof scripted === 'function' ? scripted(body as Finished['asked'][number]) : scripted;
      if (!reply) throw new CoordinatorUnavailableError('No coordinator answered.');
      return reply;
    },
  };
  const [out, err] = [1, 2].map(() => new PassThrough({ encoding: 'utf8', highWaterMark: 2 ** 30 })) as [
    PassThrough,
    PassThrough,
  ];
  let options: GlobalOptions | undefined;
  const code = await runCli(args, {
    terminal: new Terminal(out, err),
    interactive: false,
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
    expect(out).toContain('waiting for  event approved, refused until 1970-01-01T00:01:00.000Z (');
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
    expect(out.split('\n')[1]).toMatch(/^order-1 +T +failed +\d+d ago +01JD/);
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
    [['workflow', 'start', 'T', '--input-file', 'package.json', '--input', '1']],
    [['workflow', 'list', '--older-than', 'soon']],
    [['workflow', 'list', '--older-than', '1d', '--started-before', 'now']],
    [['workflow', 'cancel']],
    [['workflow', 'terminate', 'a', '--type', 'T']],
    [['workflow', 'terminate', '--type', 'T']],
    [['workflow', 'cancel', '--type', 'T', '--run-id', 'r', '--yes']],
    [['completion', 'csh']],
    [['completion']],
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

describe('gctl workflow start --wait', () => {
  it('prints the result when the run has ended', async () => {
    const replies = { 'workflow.start': started, 'workflow.result': ended };
    const text = await gctl(['workflow', 'start', 'T', '--id', 'a', '--wait'], replies);
    expect(text.code).toBe(0);
    expect(JSON.parse(text.out)).toMatchObject({ trackingId: 't-1' });
    expect(text.err).toContain(`Started a, run ${RUN}.`);
    const json = await gctl(
      ['workflow', 'start', 'T', '--id', 'a', '--wait-timeout', '5s', '--json'],
      replies,
    );
    expect(JSON.parse(json.out)).toMatchObject({
      workflowId: 'a',
      runId: RUN,
      result: { trackingId: 't-1' },
    });
    expect(json.err).toBe('');
  });

  it('exits with 1 when the run failed', async () => {
    const failed: Reply = {
      kind: 'run.ended',
      runId: RUN,
      status: 'failed',
      error: { type: 'CardDeclinedError', message: 'no funds' },
    };
    const replies = { 'workflow.start': started, 'workflow.result': failed };
    const { code, out, err } = await gctl(['workflow', 'start', 'T', '--wait', '--json'], replies);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'WORKFLOW_FAILED' } });
  });
});

describe('gctl workflow cancel and terminate, of many runs', () => {
  const statuses = ['waiting', 'running', 'scheduled'] as const;
  const rows = Array.from({ length: 2_500 }, (_, index) => ({
    id: `run-${String(index).padStart(4, '0')}`,
    workflowId: `order-${index}`,
    workflowType: 'T',
    status: statuses[index % 3] ?? 'waiting',
    startedAt: 10_000 - index,
  }));
  const listing = (body: Body & Record<string, unknown>): Reply => {
    const after = rows.findIndex(({ id }) => id === body['before']) + 1;
    return { kind: 'run.list', runs: rows.slice(after, after + Number(body['limit'])) };
  };
  const replies = {
    'workflow.list': listing,
    'workflow.cancel': { kind: 'accepted' } as const,
    'workflow.terminate': (body: Record<string, unknown>): Reply =>
      body['workflowId'] === 'order-7'
        ? { kind: 'error', code: 'RUN_FINISHED', message: 'It has ended.' }
        : { kind: 'accepted' },
  };

  it('ends every active run that meets the conditions, by its run id', async () => {
    const { code, out, err, asked } = await gctl(
      ['workflow', 'cancel', '--type', 'T', '--older-than', '1h', '--reason', 'why', '--yes'],
      replies,
    );
    expect({ code, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, lines: rows.length });
    expect(err).toContain('… and 2495 more');
    expect(err).toContain('2500 asked to end.');
    expect(asked[0]).toMatchObject({ type: 'T', status: ['scheduled', 'running', 'waiting'] });
    expect(Date.now() - Number(asked[0]?.['startedBefore'])).toBeGreaterThanOrEqual(3_600_000);
    const cancels = asked.filter(({ kind }) => kind === 'workflow.cancel');
    expect(new Set(cancels.map((body) => body['runId'])).size).toBe(rows.length);
    expect(cancels[0]).toMatchObject({ workflowId: 'order-0', runId: 'run-0000', reason: 'why' });
  });

  it('tells of each run on a line of JSON; one that has ended meanwhile is no failure', async () => {
    const { code, out } = await gctl(
      ['workflow', 'terminate', '--id-prefix', 'order-', '--yes', '--json'],
      replies,
    );
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect({ code, lines: lines.length }).toEqual({ code: 0, lines: rows.length });
    expect(lines.find(({ workflowId }) => workflowId === 'order-7')).toEqual({
      workflowId: 'order-7',
      runId: 'run-0007',
      error: { code: 'RUN_FINISHED', message: 'It has ended.' },
    });
    expect(lines[0]).toMatchObject({ terminated: true });
  });

  it('exits with 1 when some refused', async () => {
    const { code, err } = await gctl(['workflow', 'cancel', '--type', 'T', '--yes'], {
      'workflow.list': (body) => ({ kind: 'run.list', runs: body['before'] ? [] : rows.slice(0, 2) }),
      'workflow.cancel': { kind: 'error', code: 'WORKFLOW_NOT_FOUND', message: 'No run is known.' },
    });
    expect(code).toBe(1);
    expect(err).toContain('2 of 2 runs could not be ended.');
  });

  it('exits with 3 when the coordinators are gone in the middle', async () => {
    const { code } = await gctl(['workflow', 'cancel', '--type', 'T', '--yes'], { 'workflow.list': listing });
    expect(code).toBe(3);
  });

  it('ends nothing with --dry-run', async () => {
    const { code, out, asked } = await gctl(
      ['workflow', 'cancel', '--type', 'T', '--dry-run', '--json'],
      replies,
    );
    expect({ code, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, lines: rows.length });
    expect(new Set(asked.map(({ kind }) => kind))).toEqual(new Set(['workflow.list']));
  });

  it('says so when there is nothing to end', async () => {
    const { code, err } = await gctl(['workflow', 'terminate', '--type', 'T', '--yes'], {
      'workflow.list': { kind: 'run.list', runs: [] },
    });
    expect({ code, err }).toEqual({ code: 0, err: 'No active run meets the conditions.\n' });
  });

  it('lists all pages, one run a line of JSON', async () => {
    const { code, out } = await gctl(['workflow', 'list', '--all', '--json'], replies);
    const ids = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect({ code, ids }).toEqual({ code: 0, ids: rows.map(({ id }) => id) });
  });
});

describe('the help of gctl', () => {
  const context = {
    terminal: new Terminal(new PassThrough(), new PassThrough()),
    interactive: true,
    openSession: () => Promise.reject(new CoordinatorUnavailableError('nobody is asked')),
  };
  const leaves = withSubcommands(createProgram(context)).filter(
    (command) => command.commands.length === 0 && command.name() !== '__complete',
  );
  const pathOf = (command: Command): string[] =>
    command.parent ? [...pathOf(command.parent), command.name()] : [];

  it.each(leaves.map((command) => [pathOf(command).join(' '), command] as const))(
    'shows an example of gctl %s',
    async (path, command) => {
      expect(examplesOf(command).length).toBeGreaterThan(0);
      const { code, out } = await gctl([...path.split(' '), '--help']);
      expect(code).toBe(0);
      expect(out).toContain('Example');
      for (const example of examplesOf(command)) expect(out).toContain(example);
    },
  );

  // Those of the other commands start processes, or read from NATS itself.
  const examples = leaves.flatMap((command) =>
    /^(workflow|worker|type|cluster)$/.test(command.parent?.name() ?? '') &&
    !['replay', 'verify'].includes(command.name())
      ? examplesOf(command)
      : [],
  );
  it.each(examples.map((example) => [example]))('shows only what can be typed: %s', async (example) => {
    const [, line = ''] = /gctl ([^|>]*)/.exec(example.replace(' --input -', '')) ?? [];
    const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      ([, single, double, bare]) => single ?? double ?? bare ?? '',
    );
    await expect(runCli(words, context)).resolves.toBe(EXIT.unreachable);
  });

  it('tells of the options that every command has, and the version', async () => {
    const { out } = await gctl(['workflow', 'describe', '--help']);
    expect(out).toContain('--namespace <name>');
    const version = await gctl(['--version']);
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('gctl __complete', () => {
  const types: Reply = {
    kind: 'types',
    types: [
      {
        type: 'ProcessOrder',
        handlers: [
          { name: 'start', kind: 'start' },
          { name: 'approved', kind: 'event' },
        ],
        queries: ['status'],
      },
    ],
  };
  const run = {
    id: RUN,
    workflowId: 'order-1',
    workflowType: 'ProcessOrder',
    status: 'running',
    startedAt: 0,
  } as const;
  const replies = {
    'types.list': types,
    'workflow.list': { kind: 'run.list', runs: [run] } as Reply,
    'workflow.describe': { kind: 'run.description', run } as Reply,
  };

  it.each([
    [['wo'], ['workflow', 'worker']],
    [['workflow', 'te'], ['terminate']],
    [
      ['--namespace', 'x', 'cluster', ''],
      ['status', 'verify'],
    ],
    [
      ['workflow', 'list', '--st'],
      ['--status', '--started-after', '--started-before'],
    ],
    [['workflow', 'list', '--request-t'], ['--request-timeout']],
    [
      ['workflow', 'start', 'T', '--reuse', 'allow'],
      ['allow', 'allowIfFailed'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['workflow', 'start', 'Pro'], ['ProcessOrder']],
    [['workflow', 'cancel', '--type', ''], ['ProcessOrder']],
    [['workflow', 'describe', 'or'], ['order-1']],
    [['workflow', 'send', 'order-1', ''], ['approved']],
    [['workflow', 'query', '--json', 'order-1', 's'], ['status']],
    [['workflow', 'start', 'T', '--input-file', ''], []],
    [['frobnicate', '--what', ''], []],
  ])('offers for %j what may follow', async (words, expected) => {
    const { code, out } = await gctl(['__complete', '--', ...words], replies);
    const offered = out
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t')[0]);
    expect({ code, offered: new Set(offered) }).toEqual({ code: 0, offered: new Set(expected) });
  });

  it('offers nothing when no coordinator answers', async () => {
    await expect(gctl(['__complete', '--', 'workflow', 'start', ''])).resolves.toMatchObject({
      code: 0,
      out: '',
      err: '',
    });
  });

  it('asks where the command line says', async () => {
    const { options } = await gctl(
      ['__complete', '--', '--server', 'nats://n:1', '--namespace=ns', 'workflow', 'start', ''],
      replies,
    );
    expect(options).toMatchObject({ server: 'nats://n:1', namespace: 'ns', requestTimeout: 1_000 });
  });

  it.each(['bash', 'zsh', 'fish'])('is what the completion of %s asks', async (shell) => {
    const { code, out } = await gctl(['completion', shell]);
    expect(code).toBe(0);
    expect(out).toContain('gctl __complete -- ');
  });
});
