import 'reflect-metadata';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JetStreamJournalStore } from '@ground-control/journal';
import { EmbeddedNatsServer } from '@ground-control/nats-server';
import { type Context, type Directive, GroundControlModule, Start, Workflow } from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { INestApplicationContext } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { orderModule } from '../fixtures/replay-app/orders.js';
import { recorded } from '../fixtures/replay-app/recorded.module.js';
import { type Finished, Running } from './run-command.fixture.js';

const ULID = /[0-9A-HJKMNP-TV-Z]{26}/;
const WAIT = { timeout: 60_000, interval: 50 };

@Workflow('Greet')
class GreetWorkflow {
  @Start()
  async start(ctx: Context, input: { name: string }): Promise<Directive<{ greeting: string; at: Date }>> {
    if (input.name === '') throw new RangeError('nobody to greet');
    return ctx.next.complete({ greeting: `Hello, ${input.name}!`, at: await ctx.now() });
  }
}

function gctl(...args: string[]): Promise<Finished> {
  return new Running('cli/src/main.js', args).finished;
}

describe('gctl with a namespace that is served', () => {
  let server: GroundControlTestServer;
  let app: INestApplicationContext;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gctl-'));
    server = await GroundControlTestServer.start({ namespace: 'greetings' });
    const { servers, namespace } = server;
    const options = { servers, namespace, worker: { identity: 'greeter' } };

    @Module({ imports: [GroundControlModule.forRoot(options)], providers: [GreetWorkflow] })
    class GreetModule {}

    app = await NestFactory.createApplicationContext(GreetModule, { logger: ['error'] });
    await vi.waitUntil(async () => (await on('type', 'list')).stdout.includes('Greet'), WAIT);
  });

  afterAll(async () => {
    await app?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function on(...args: string[]): Promise<Finished> {
    return gctl('--server', server.servers, '--namespace', server.namespace, ...args);
  }

  async function started(id: string, name: string): Promise<void> {
    const { code } = await on('workflow', 'start', 'Greet', '--id', id, '--input', JSON.stringify({ name }));
    expect(code).toBe(0);
  }

  it('verifies what the namespace holds', async () => {
    const whole = await on('cluster', 'verify');
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toContain('all whole');
    const json = await on('cluster', 'verify', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ findings: [] });
  });

  it('exits with 1 and names what is missing', async () => {
    const connection = await connect({ servers: server.servers });
    try {
      const store = new JetStreamJournalStore(connection, 'broken');
      await store.open({ partitions: 1, replicas: 1, storage: 'file' });
      for (const epoch of ['first', 'second']) {
        // oxlint-disable-next-line no-await-in-loop -- one term after the other
        await store.partition(0).takeOver(epoch, () => {});
      }
      await store.close();
      const { streams } = await jetstreamManager(connection);
      await streams.purge('GC_broken_JOURNAL_0', { seq: 2 });
    } finally {
      await connection.close();
    }
    const verify = ['--server', server.servers, '--namespace', 'broken', 'cluster', 'verify'];
    const { code, stdout, stderr } = await gctl(...verify);
    expect(code).toBe(1);
    expect(stdout).toContain('partition 0, journal, sequence 1');
    expect(stderr).toContain('not whole');
  });

  it('exits with 2 when there is nothing to verify', async () => {
    const { code, stderr } = await gctl(
      '--server',
      server.servers,
      '--namespace',
      'nowhere',
      'cluster',
      'verify',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('no namespace nowhere');
  });

  it('starts a workflow and prints its ids', async () => {
    const text = await on('workflow', 'start', 'Greet', '--id', 'start-1', '--input', '{"name":"Ann"}');
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^workflow id {2}start-1\nrun id {7}[0-9A-Z]{26}\n$/);
  });

  it('starts a workflow with an input from a file and prints JSON', async () => {
    const file = join(folder, 'input.json');
    await writeFile(file, '{"name":"Bob"}');
    const start = ['workflow', 'start', 'Greet', '--id', 'start-2'];
    const { code, stdout } = await on(...start, '--input-file', file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ workflowId: 'start-2', runId: expect.stringMatching(ULID) });
    const result = await on('workflow', 'result', 'start-2', '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({ greeting: 'Hello, Bob!' });
  });

  it('waits for a result and prints it', async () => {
    await started('result-1', 'Ann');
    const { code, stdout } = await on('workflow', 'result', 'result-1');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ greeting: 'Hello, Ann!', at: expect.stringMatching(/^\d{4}-/) });
  });

  it('exits with 1 when the workflow failed, and says why', async () => {
    await started('result-2', '');
    const text = await on('workflow', 'result', 'result-2');
    expect(text).toMatchObject({ code: 1, stdout: '' });
    expect(text.stderr).toContain('RangeError: nobody to greet');
    const json = await on('workflow', 'result', 'result-2', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { code: 'WORKFLOW_FAILED', cause: { type: 'RangeError', message: 'nobody to greet' } },
    });
  });

  it('describes a run', async () => {
    await started('describe-1', 'Ann');
    await on('workflow', 'result', 'describe-1');
    const text = await on('workflow', 'describe', 'describe-1');
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^type +Greet$/m);
    expect(text.stdout).toMatch(/^status +completed$/m);
    const json = await on('workflow', 'describe', 'describe-1', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      id: expect.stringMatching(ULID),
      workflowId: 'describe-1',
      workflowType: 'Greet',
      status: 'completed',
    });
  });

  it('prints a history, and watches one to its end', async () => {
    await started('history-1', 'Ann');
    const watched = await on('workflow', 'watch', 'history-1', '--json');
    const lines = watched.stdout.trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as { seq: number; kind: string });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(0)?.kind).toBe('run.started');
    expect(events.at(-1)?.kind).toBe('run.completed');
    const history = await on('workflow', 'history', 'history-1', '--json');
    expect(JSON.parse(history.stdout)).toEqual(events);
    const text = await on('workflow', 'history', 'history-1');
    expect(text.stdout.trimEnd().split('\n')).toHaveLength(events.length);
    expect(text.stdout).toMatch(/ now\.recorded +start +/);
  });

  it('lists workflow types and workers', async () => {
    const types = await on('type', 'list', '--json');
    expect(JSON.parse(types.stdout)).toMatchObject([{ type: 'Greet', steps: ['start'] }]);
    const workers = await on('worker', 'list', '--json');
    expect(JSON.parse(workers.stdout)).toMatchObject([{ identity: 'greeter', types: ['Greet'] }]);
    const text = await on('worker', 'list');
    expect(text.stdout).toMatch(/greeter +0\/100 /);
  });

  it('tells of the cluster', async () => {
    const json = await on('cluster', 'status', '--json');
    expect(json.code).toBe(0);
    const { coordinators, partitions, nats } = JSON.parse(json.stdout) as Record<string, unknown[]>;
    expect(coordinators).toHaveLength(1);
    expect(partitions).toHaveLength(4);
    expect(partitions?.[0]).toMatchObject({ partition: 0, leader: coordinators?.[0], active: [] });
    expect(nats).toMatchObject({ version: expect.stringMatching(/^2\./) });
    const text = await on('cluster', 'status');
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain('4 served');
  });

  it.each([
    ['an unknown type', ['start', 'Nope'], 'WORKFLOW_TYPE_NOT_REGISTERED'],
    ['an unknown run', ['describe', 'nobody'], 'WORKFLOW_NOT_FOUND'],
    ['the result of an unknown run', ['result', 'nobody'], 'WORKFLOW_NOT_FOUND'],
    ['the history of an unknown run', ['history', 'nobody'], 'WORKFLOW_NOT_FOUND'],
  ])('exits with 1 for %s', async (_case, args, code) => {
    const text = await on('workflow', ...args);
    expect(text).toMatchObject({ code: 1, stdout: '' });
    expect(text.stderr).toMatch(/^gctl: /);
    const json = await on('workflow', ...args, '--json');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code } });
  });

  it('exits with 2 for wrong usage', async () => {
    const { code, stderr } = await on('workflow', 'start', 'Greet', '--input', '{');
    expect(code).toBe(2);
    expect(stderr).toContain('--input');
  });
});

describe('gctl workflow replay', () => {
  let server: GroundControlTestServer;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gctl-'));
    file = join(folder, 'history.json');
    server = await GroundControlTestServer.start();
    const { servers, namespace } = server;
    const app = await NestFactory.createApplicationContext(orderModule(recorded, { servers, namespace }), {
      logger: ['error'],
    });
    const at = ['--server', servers, '--namespace', namespace, 'workflow'];
    await gctl(...at, 'start', 'Order', '--id', 'order-1', '--input', '{"amount":5}', '--wait');
    const { stdout } = await gctl(...at, 'history', 'order-1', '--json');
    await writeFile(file, stdout);
    await app.close();
    await server.stop();
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  function replay(module: string, ...args: string[]): Promise<Finished> {
    return gctl('workflow', 'replay', '--module', join('dist/test/fixtures/replay-app', module), ...args);
  }

  it('exits with 0 when the code does what was recorded, and runs no task', async () => {
    const text = await replay('recorded.module.js', '--file', file);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toBe(`✓ ${file}: Order order-1: 2 steps with 3 recorded calls match\n`);
    const json = await replay('recorded.module.js', '--file', file, file, '--json');
    expect(json).toMatchObject({ code: 0, stderr: '' });
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(
      Array.from({ length: 2 }, () => ({
        file,
        workflowId: 'order-1',
        workflowType: 'Order',
        steps: 2,
        calls: 3,
      })),
    );
  });

  it('exits with 1 and tells the first difference', async () => {
    const text = await replay('reordered.module.js', '--export', 'AppModule', '--file', file);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/step +start, attempt 1 \(history event 2\)\n +call +1\n/);
    expect(text.stdout).toMatch(/recorded +task reserve\(\)\n +today +now\(\)\n$/);
    expect(text.stderr).toBe('gctl: The history does not match.\n');
    const json = await replay('reordered.module.js', '--export', 'OtherModule', '--file', file, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      steps: 0,
      divergence: { step: 'start', op: 1, recorded: 'task reserve()', asked: 'the step ended without it' },
    });
  });

  it.each([
    ['no such file', ['recorded.module.js', '--file', '/no/such/file'], 'no such file'],
    ['what is no history', ['recorded.module.js', '--file', 'package.json'], 'array of events'],
    ['no such module', ['missing.module.js', '--file', 'history.json'], 'there is no'],
    ['a module that cannot be loaded', ['broken.module.js', '--file'], 'no database here'],
    ['a file without a module', ['orders.js', '--file'], 'exports no @Module() class'],
    ['several modules', ['reordered.module.js', '--file'], '--export (AppModule, OtherModule)'],
    ['no export of that name', ['recorded.module.js', '--export', 'Nope', '--file'], 'Nope'],
  ])('exits with 2 for %s', async (_case, [module = '', ...args], message) => {
    const whole = args.at(-1) === '--file' ? [...args, file] : args;
    const { code, stdout, stderr } = await replay(module, ...whole);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('gctl without a coordinator', () => {
  let folder: string;
  let nats: EmbeddedNatsServer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gctl-'));
    nats = await EmbeddedNatsServer.start({ storeDirectory: join(folder, 'nats') });
  });

  afterEach(async () => {
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('exits with 3 and says where it looked', async () => {
    const { code, stderr } = await gctl('workflow', 'list', '--server', nats.url, '--request-timeout', '1s');
    expect(code).toBe(3);
    expect(stderr).toContain(nats.url);
  });

  it('exits with 3 when there is no NATS server either', async () => {
    await nats.kill();
    const { code, stderr } = await gctl('workflow', 'list', '--server', nats.url, '--request-timeout', '1s');
    expect(code).toBe(3);
    expect(stderr).toContain(nats.url);
  });

  it('runs one with `gctl coordinator` until it is told to end', async () => {
    const coordinator = new Running('cli/src/main.js', ['coordinator', '--server', nats.url, '--json']);
    await vi.waitFor(() => expect(coordinator.stdout).not.toBe(''), WAIT);
    expect(JSON.parse(coordinator.stdout)).toEqual({ servers: nats.url, namespace: 'default' });
    await expect(gctl('workflow', 'list', '--server', nats.url)).resolves.toMatchObject({ code: 0 });
    await expect(coordinator.signal('SIGTERM')).resolves.toMatchObject({ code: 0 });
    await expect(
      gctl('workflow', 'list', '--server', nats.url, '--request-timeout', '1s'),
    ).resolves.toMatchObject({ code: 3 });
  });
});

describe('gctl dev', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gctl-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function dev(...args: string[]): Promise<{ process: Running; servers: string }> {
    const process = new Running('cli/src/main.js', ['dev', '--port', '0', '--data-dir', folder, ...args]);
    await vi.waitFor(() => expect(process.stdout).toContain('nats://'), WAIT);
    const [servers = ''] = /nats:\/\/[\d.:]+/.exec(process.stdout) ?? [];
    return { process, servers };
  }

  /** Waits until nothing listens where NATS did, which ends last. */
  function isGone(servers: string): Promise<boolean> {
    return vi.waitUntil(async () => {
      const { code, stderr } = await gctl('worker', 'list', '--server', servers, '--request-timeout', '1s');
      return code === 3 && stderr.includes('refused');
    }, WAIT);
  }

  it('serves until Ctrl-C, then leaves nothing running', async () => {
    const { process, servers } = await dev();
    expect(process.stdout).toContain(`gctl --server ${servers} --namespace default workflow start`);
    await expect(gctl('worker', 'list', '--server', servers)).resolves.toMatchObject({ code: 0 });
    await expect(process.signal('SIGINT')).resolves.toMatchObject({ code: 0 });
    await expect(isGone(servers)).resolves.toBe(true);
  });

  it('prints one line of JSON when asked to', async () => {
    const { process, servers } = await dev('--json', '--namespace', 'mine');
    expect(JSON.parse(process.stdout)).toMatchObject({ servers, namespace: 'mine', dataDirectory: folder });
    await process.signal('SIGTERM');
  });

  it('exits with 1 and says what to do when its port is in use', async () => {
    const { process, servers } = await dev();
    const other = await mkdtemp(join(tmpdir(), 'gctl-'));
    const second = await gctl('dev', '--port', new URL(servers).port, '--data-dir', other);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('--port; 0 picks a free one');
    await process.signal('SIGINT');
    await rm(other, { recursive: true, force: true });
  });

  it('keeps nothing with --in-memory', async () => {
    const process = new Running('cli/src/main.js', ['dev', '--port', '0', '--in-memory', '--json']);
    await vi.waitFor(() => expect(process.stdout).toContain('nats://'), WAIT);
    const { servers, dataDirectory } = JSON.parse(process.stdout) as Record<string, string>;
    const { stdout } = await gctl('cluster', 'status', '--json', '--server', servers ?? '');
    expect(JSON.parse(stdout)).toMatchObject({ storage: 'memory' });
    await expect(process.signal('SIGINT')).resolves.toMatchObject({ code: 0 });
    await expect(access(dataDirectory ?? '')).rejects.toThrow('ENOENT');
  });

  it('runs three servers with --cluster', async () => {
    const { process, servers } = await dev('--cluster');
    const all = /^ +NATS +(\S+)$/m.exec(process.stdout)?.[1] ?? '';
    expect(all.split(',')).toHaveLength(3);
    const { stdout } = await gctl('cluster', 'status', '--json', '--server', all);
    expect(JSON.parse(stdout)).toMatchObject({ replicas: 3, nats: { cluster: 'ground-control' } });
    await expect(process.signal('SIGINT')).resolves.toMatchObject({ code: 0 });
    await expect(isGone(servers)).resolves.toBe(true);
  });

  it('leaves nothing running when it is killed', async () => {
    const { process, servers } = await dev();
    await process.signal('SIGKILL');
    await expect(isGone(servers)).resolves.toBe(true);
  });

  it('exits with 1 and says why when its data are in use', async () => {
    const { process, servers } = await dev();
    const second = await gctl('dev', '--port', '0', '--data-dir', folder);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`Another gctl dev (process ${process.child.pid}) uses the store`);
    expect(second.stderr).toContain(servers);
    await process.signal('SIGINT');
    const { process: third } = await dev();
    await expect(third.signal('SIGINT')).resolves.toMatchObject({ code: 0 });
  });
});
