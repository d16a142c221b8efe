import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import {
  EmbeddedNatsServer,
  type EmbeddedNatsServerOptions,
  type LocatedNatsServer,
  locateNatsServer,
  type NatsServerEvent,
  NatsServerStartError,
} from '@ground-control/nats-server';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

const BUILT_LIBRARY = new URL('../../dist/libs/nats-server/src/index.js', import.meta.url).href;
const DEADLINE = { timeout: 20_000, interval: 10 };

let executable: LocatedNatsServer;
let storeDirectory: string;
let events: NatsServerEvent[];

beforeAll(async () => {
  executable = await locateNatsServer({ onProgress: (line) => console.log(line) });
});

beforeEach(async () => {
  events = [];
  storeDirectory = await mkdtemp(join(tmpdir(), 'ground-control-nats-'));
  onTestFinished(() => rm(storeDirectory, { recursive: true, force: true }));
});

async function start(options: Partial<EmbeddedNatsServerOptions> = {}): Promise<EmbeddedNatsServer> {
  const server = await EmbeddedNatsServer.start({
    storeDirectory,
    executable,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  onTestFinished(() => server.stop());
  return server;
}

/** What a server says to everyone who connects. */
function greeting(port: number): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, '127.0.0.1').setEncoding('utf8');
    socket.once('error', reject).once('data', (text: string) => {
      socket.destroy();
      resolve(JSON.parse(text.slice('INFO '.length)) as Record<string, unknown>);
    });
  });
}

/** The ids of the processes whose command line mentions the store: the server and its guard. */
async function processesOfStore(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(storeDirectory)) found.push(pid);
  }
  return found;
}

function waitForEvent(kind: NatsServerEvent['kind'], count: number = 1): Promise<void> {
  return vi.waitFor(() => {
    expect(events.filter((event) => event.kind === kind)).toHaveLength(count);
  }, DEADLINE);
}

async function failureOf(starting: Promise<unknown>): Promise<NatsServerStartError> {
  const error = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NatsServerStartError);
  return error as NatsServerStartError;
}

function occupy(port: number): Server {
  const server = createServer((socket) => socket.end('not a NATS server\r\n'));
  onTestFinished(() => void server.close());
  return server.listen(port, '127.0.0.1');
}

async function storeMessage(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'ORDERS', subjects: ['orders'] });
  await jetstream(connection).publish('orders', 'kept');
  await connection.close();
}

async function storedMessage(url: string): Promise<string | undefined> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  const message = await manager.streams.getMessage('ORDERS', { seq: 1 });
  await connection.close();
  return message?.string();
}

describe('start', () => {
  it('resolves when the server takes connections, with JetStream and messages of 8 MiB', async () => {
    const server = await start();
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(await greeting(server.port)).toMatchObject({
      host: '127.0.0.1',
      jetstream: true,
      max_payload: 8 * 1024 * 1024,
      version: executable.version,
    });
    expect(events).toEqual([{ kind: 'ready', pid: server.pid, port: server.port }]);
  });

  it('gives the process id of the nats-server itself', async () => {
    const server = await start();
    const commandLine = await readFile(`/proc/${server.pid}/cmdline`, 'utf8');
    expect(commandLine.split('\0').slice(0, 2)).toEqual([executable.path, '-c']);
  });

  it('keeps data, configuration and log in the store folder, the configuration to itself', async () => {
    const server = await start();
    await storeMessage(server.url);
    expect((await readdir(storeDirectory)).toSorted()).toEqual([
      'jetstream',
      'nats-server.conf',
      'nats-server.lock',
      'nats-server.log',
    ]);
    const configFile = join(storeDirectory, 'nats-server.conf');
    expect((await stat(configFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(configFile, 'utf8')).toContain('sync_interval: always');
  });

  it('takes the name, port, payload and log file it is given', async () => {
    const { port } = await startAndStop();
    const logFile = join(storeDirectory, 'other.log');
    await start({ port, logFile, serverName: 'orders', maxPayloadBytes: 1024, syncAlways: false });
    expect(await greeting(port)).toMatchObject({ server_name: 'orders', max_payload: 1024 });
    expect(await readFile(logFile, 'utf8')).toContain('Server is ready');
    expect(await readFile(join(storeDirectory, 'nats-server.conf'), 'utf8')).not.toContain('sync_interval');
  });

  it('says that the port is in use, and leaves nothing running', async () => {
    const { port } = await startAndStop();
    await once(occupy(port), 'listening');
    const error = await failureOf(start({ port }));
    expect(error.failure).toBe('port-in-use');
    expect(error.message).toBe(`another process listens on 127.0.0.1:${port}`);
    expect(await processesOfStore()).toEqual([]);
  });

  it('is not deceived by another NATS server on the port', async () => {
    const other = await start();
    const elsewhere = join(storeDirectory, 'elsewhere');
    const error = await failureOf(start({ port: other.port, storeDirectory: elsewhere }));
    expect(error.failure).toBe('port-in-use');
  });

  it('lets one server alone use a store, of those that start at once and of those that come later', async () => {
    const starts = await Promise.allSettled([start(), start(), start()]);
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const { reason } of starts.filter((result) => result.status === 'rejected')) {
      expect(reason).toMatchObject({ name: 'NatsServerStartError', failure: 'store-in-use' });
    }
    const [holder] = events;
    const error = await failureOf(start());
    expect(error.message).toContain(`process id ${holder?.kind === 'ready' && holder.pid} uses the store`);
  });

  it('takes no heed of the lock of a server that is gone, even where its process id is used again', async () => {
    await writeFile(join(storeDirectory, 'nats-server.lock'), `${process.pid}\n`);
    const server = await start();
    expect(await readFile(join(storeDirectory, 'nats-server.lock'), 'utf8')).toBe(`${server.pid}\n`);
  });

  it('passes on what the server said when it ended early', async () => {
    const error = await failureOf(start({ serverName: 'two words' }));
    expect(error.failure).toBe('exited');
    expect(error.message).toMatch(/^nats-server ended with code 1 before it was ready\nIts log ends:\n/);
    expect(error.message).toContain('server name cannot contain spaces');
    await expect.poll(processesOfStore, DEADLINE).toEqual([]);
  });

  it('says when the executable cannot be run', async () => {
    const error = await failureOf(start({ executable: { ...executable, path: '/nowhere/nats-server' } }));
    expect(error.message).toMatch(/ended with code 127 .*\n.*\n.*\/nowhere\/nats-server: not found/);
  });
});

describe('a server that dies', () => {
  it('comes back on the same port and store', async () => {
    const server = await start();
    const firstPid = Number(server.pid);
    await storeMessage(server.url);
    process.kill(firstPid, 'SIGKILL');
    await waitForEvent('ready', 2);
    expect(events).toEqual([
      { kind: 'ready', pid: firstPid, port: server.port },
      { kind: 'died', pid: firstPid, code: null, signal: 'SIGKILL', logTail: expect.any(String) },
      { kind: 'restarting', attempt: 1, delayMs: 100 },
      { kind: 'ready', pid: server.pid, port: server.port },
    ]);
    expect(server.pid).not.toBe(firstPid);
    expect(await storedMessage(server.url)).toBe('kept');
  });

  it('is started again until that succeeds', async () => {
    let squatter: Server | undefined;
    const server = await start({
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'died') squatter = occupy(server.port);
        if (event.kind === 'restart-failed') squatter?.close();
      },
    });
    process.kill(Number(server.pid), 'SIGKILL');
    await waitForEvent('ready', 2);
    expect(events.slice(2)).toEqual([
      { kind: 'restarting', attempt: 1, delayMs: 100 },
      { kind: 'restart-failed', attempt: 1, error: expect.any(NatsServerStartError) },
      { kind: 'restarting', attempt: 2, delayMs: 200 },
      { kind: 'ready', pid: server.pid, port: server.port },
    ]);
  });

  it('stays dead when that is asked for', async () => {
    const server = await start({ restart: false });
    process.kill(Number(server.pid), 'SIGKILL');
    await waitForEvent('died');
    await server.stop();
    expect(server.pid).toBeUndefined();
    expect(events.map(({ kind }) => kind)).toEqual(['ready', 'died']);
  });

  it('stays dead after kill, until restart', async () => {
    const server = await start();
    await storeMessage(server.url);
    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect(greeting(server.port)).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await storedMessage(server.url)).toBe('kept');
    expect(events.map(({ kind }) => kind)).toEqual(['ready', 'stopped', 'ready']);
  });

  it('can be restarted after a restart that failed', async () => {
    const server = await start();
    await server.kill();
    const squatter = occupy(server.port);
    await once(squatter, 'listening');
    expect((await failureOf(server.restart())).failure).toBe('port-in-use');
    squatter.close();
    await server.restart();
    expect(await greeting(server.port)).toMatchObject({ jetstream: true });
  });
});

describe('pause', () => {
  it('halts the server, and resume lets it go on', async () => {
    const server = await start();
    server.pause();
    await vi.waitFor(async () => {
      expect(await readFile(`/proc/${server.pid}/stat`, 'utf8')).toContain(') T ');
    }, DEADLINE);
    const answer = greeting(server.port);
    server.resume();
    expect(await answer).toMatchObject({ jetstream: true });
  });
});

describe('stop', () => {
  it('leaves no process, and may be called again', async () => {
    const server = await start();
    expect(await processesOfStore()).toHaveLength(2);
    await Promise.all([server.stop(), server.stop()]);
    expect(await processesOfStore()).toEqual([]);
    expect(existsSync(join(storeDirectory, 'nats-server.lock'))).toBe(false);
    expect(await readFile(join(storeDirectory, 'nats-server.log'), 'utf8')).toContain('Server Exiting');
    await server.stop();
  });

  it('ends a server that is paused', async () => {
    const server = await start();
    server.pause();
    await server.stop();
    expect(await processesOfStore()).toEqual([]);
  });

  it('ends the attempts to start it again', async () => {
    const server = await start();
    process.kill(Number(server.pid), 'SIGKILL');
    await waitForEvent('restarting');
    await server.stop();
    expect(server.pid).toBeUndefined();
    expect(await processesOfStore()).toEqual([]);
    expect(events.filter(({ kind }) => kind === 'ready')).toHaveLength(1);
  });
});

describe('the end of the owner', () => {
  it('ends the server when the owner is killed, and its store can be used again at once', async () => {
    const owner = await startOwner('setInterval(() => {}, 1000);');
    await storeMessage(owner.url);
    owner.process.kill('SIGKILL');
    const server = await start();
    expect(await storedMessage(server.url)).toBe('kept');
    expect(owner.pid).not.toBe(server.pid);
    await server.stop();
    await expect.poll(processesOfStore, DEADLINE).toEqual([]);
  });

  it('ends a paused server too when the owner is killed', async () => {
    const owner = await startOwner('server.pause(); setInterval(() => {}, 1000);');
    owner.process.kill('SIGKILL');
    await expect.poll(processesOfStore, DEADLINE).toEqual([]);
  });

  it.each([
    ['exits', 'process.exit(0);'],
    ['crashes', "throw new Error('crash');"],
    ['aborts', 'process.abort();'],
  ])('ends the server when the owner %s', async (_, end) => {
    await startOwner(end);
    await expect.poll(processesOfStore, DEADLINE).toEqual([]);
  });

  it('is not held up by a server that was stopped', async () => {
    const owner = await startOwner('await server.stop();');
    if (owner.process.exitCode === null) await once(owner.process, 'exit');
    expect(owner.process.exitCode).toBe(0);
    expect(await processesOfStore()).toEqual([]);
  });
});

interface Owner {
  process: ChildProcess;
  url: string;
  pid: number;
}

/** Another process that starts a server on the store, tells of it, and then does this. */
async function startOwner(next: string): Promise<Owner> {
  const options = JSON.stringify({ storeDirectory, executable });
  const script = `
    import { EmbeddedNatsServer } from ${JSON.stringify(BUILT_LIBRARY)};
    const server = await EmbeddedNatsServer.start(${options});
    console.log(JSON.stringify({ url: server.url, pid: server.pid }));
    process.stdin.once('data', async () => { ${next} });
    process.stdin.unref();
  `;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  onTestFinished(() => void owner.kill('SIGKILL'));
  const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
  owner.stdin.write('go\n');
  return { process: owner, ...(JSON.parse(line) as { url: string; pid: number }) };
}

/** For a port of which it is known that a server can use it. */
async function startAndStop(): Promise<EmbeddedNatsServer> {
  const server = await start();
  await server.stop();
  return server;
}
