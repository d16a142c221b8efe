import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GroundControlClient, GroundControlModule } from '@ground-control/nestjs';
import { CoordinatorProcess } from '@ground-control/nestjs/testing';
import { locateNatsServer } from '@ground-control/nats-server';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

const GUIDE = new URL('../../docs/guides/security.md', import.meta.url);
const WORKER_MAIN = new URL('../../dist/test/fixtures/cluster-worker/main.js', import.meta.url).pathname;
const PASSWORDS = { CLIENT_PASSWORD: 'c', WORKER_PASSWORD: 'w', COORDINATOR_PASSWORD: 'o' };
const DEADLINE = { timeout: 10_000, interval: 50 };

type Role = 'client' | 'worker' | 'coordinator';

let folder: string;
let url: string;
let server: ChildProcess;
let coordinator: CoordinatorProcess;
let worker: ChildProcess;
let client: GroundControlClient;
let workerOutput = '';

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The configuration of the guide, as it stands there. */
async function configuration(port: number): Promise<string> {
  const [, block] = /```\n(accounts[\s\S]*?)```/.exec(await readFile(GUIDE, 'utf8')) ?? [];
  if (!block) throw new Error('The guide has no configuration.');
  return `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}/nats" }\nmax_payload: 8MB\n${block}`;
}

function login(role: Role): { user: string; pass: string } {
  return { user: role, pass: PASSWORDS[`${role.toUpperCase()}_PASSWORD` as keyof typeof PASSWORDS] };
}

function envOf(role: Role): NodeJS.ProcessEnv {
  const { user, pass } = login(role);
  return {
    GROUND_CONTROL_SERVERS: url,
    GROUND_CONTROL_NAMESPACE: 'orders',
    GROUND_CONTROL_USER: user,
    GROUND_CONTROL_PASSWORD: pass,
  };
}

async function startWorker(): Promise<ChildProcess> {
  const child = fork(WORKER_MAIN, {
    env: { ...process.env, ...envOf('worker'), LEDGER: join(folder, 'ledger') },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (workerOutput += text));
  await once(child, 'message');
  return child;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ground-control-security-'));
  const port = await freePort();
  url = `nats://127.0.0.1:${port}`;
  await writeFile(join(folder, 'nats.conf'), await configuration(port));
  const { path } = await locateNatsServer();
  server = spawn(path, ['-c', join(folder, 'nats.conf')], { env: { ...process.env, ...PASSWORDS } });
  await vi.waitFor(async () => {
    const connection = await connect({ servers: url, ...login('client'), reconnect: false });
    await connection.close();
  }, DEADLINE);
  coordinator = await CoordinatorProcess.start(envOf('coordinator'));
  worker = await startWorker();
  const app = await Test.createTestingModule({
    imports: [
      GroundControlModule.forRoot({
        servers: url,
        namespace: 'orders',
        worker: false,
        connection: login('client'),
      }),
    ],
  }).compile();
  app.useLogger(['error']);
  await app.init();
  client = app.get(GroundControlClient);
  return async () => {
    await app.close();
    worker.kill('SIGKILL');
    await coordinator.kill();
  };
});

afterAll(async () => {
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
  await rm(folder, { recursive: true, force: true });
});

async function as(role: Role): Promise<NatsConnection> {
  const connection = await connect({ servers: url, ...login(role), inboxPrefix: '_INBOX.gc.orders' });
  onTestFinished(() => connection.close());
  return connection;
}

/** Whether the server refuses what is done with a connection. */
async function isRefused(connection: NatsConnection, act: () => void): Promise<boolean> {
  let refused = false;
  void (async () => {
    for await (const status of connection.status())
      if (status.type === 'error' && /permissions violation/i.test(String(status.error))) refused = true;
  })();
  act();
  await connection.flush();
  await connection.flush();
  return refused;
}

describe("the permissions of the security guide's users", () => {
  it('are enough for all that they do, a restart of the coordinator included', async () => {
    const [started, listed] = [await client.start('Relay', { id: 'r', input: 1 }), await client.list()];
    expect(listed.runs).toHaveLength(1);
    await started.send('go', 1);
    expect(await started.result()).toBe(3);
    expect((await started.history()).at(-1)?.kind).toBe('run.completed');
    expect(await started.query('sum')).toBe(2);
    await coordinator.stop();
    const output = coordinator.output;
    coordinator = await CoordinatorProcess.start(envOf('coordinator'));
    const again = await client.start('Relay', { id: 'again', input: 2 });
    await again.send('go', 2);
    expect(await again.result()).toBe(6);
    for (const text of [output, coordinator.output, workerOutput]) expect(text).not.toMatch(/permission/i);
  });

  it.each([
    ['client', 'a journal', 'gc.orders.journal.0'],
    ['client', 'a lease', '$KV.GC_orders.leader.0'],
    ['client', "a worker's inbox", 'gc.orders.peer.worker.x'],
    ['client', "another client's inbox", 'gc.orders.peer.client.x'],
    ['client', 'an announcement', 'gc.orders.announcements'],
    ['client', 'another namespace', 'gc.billing.partition.0'],
    ['client', 'the API of JetStream', '$JS.API.STREAM.PURGE.GC_orders_JOURNAL_0'],
    ['worker', 'a journal', 'gc.orders.journal.0'],
    ['worker', "a client's inbox, as a coordinator would", 'gc.orders.peer.client.x'],
    ['worker', "another worker's inbox", 'gc.orders.peer.worker.x'],
    ['worker', 'an announcement', 'gc.orders.announcements'],
    ['worker', 'another namespace', 'gc.billing.coordinators'],
    ['coordinator', "another namespace's journal", 'gc.billing.journal.0'],
    ['coordinator', "another namespace's lease", '$KV.GC_billing.leader.0'],
    ['coordinator', "another namespace's streams", '$JS.API.STREAM.DELETE.GC_billing_JOURNAL_0'],
  ] as const)('let a %s not write %s', async (role, _what, subject) => {
    const connection = await as(role);
    expect(await isRefused(connection, () => connection.publish(subject, 'x'))).toBe(true);
  });

  it.each([
    ['client', "a worker's inbox", 'gc.orders.peer.worker.*'],
    ['client', "a coordinator's inbox", 'gc.orders.peer.coordinator.*'],
    ['client', 'what others ask', 'gc.orders.partition.*'],
    ['client', 'journals', 'gc.orders.journal.*'],
    ['worker', "a client's inbox", 'gc.orders.peer.client.*'],
    ['worker', 'what others ask', 'gc.orders.partition.*'],
    ['worker', 'what NATS answers coordinators', '_INBOX.>'],
    ['coordinator', 'another namespace', 'gc.billing.>'],
    ['coordinator', 'what NATS answers others', '_INBOX.>'],
  ] as const)('let a %s not hear %s', async (role, _what, subject) => {
    const connection = await as(role);
    expect(await isRefused(connection, () => void connection.subscribe(subject))).toBe(true);
  });

  it('let nobody in without a password', async () => {
    await expect(connect({ servers: url, reconnect: false })).rejects.toThrow(/authorization/i);
  });
});
