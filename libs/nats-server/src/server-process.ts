import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { type GuardedProcess, LOCKED_EXIT_CODE, spawnGuarded } from './guard.js';
import { NatsServerStartError } from './nats-server-start.error.js';
import { isPortFree } from './port.js';
import { type ServerConfig, writeServerConfig } from './server-config.js';
import { readServerInfo } from './server-info.js';
import { openServerLog, type ServerLog } from './server-log.js';
import { awaitFreeStore, inUse, releaseStore, type StoreLock } from './store-lock.js';

/** What is needed to run one life of a server; every life of one server has the same. */
export interface ServerProcessSettings {
  executable: string;
  configFile: string;
  /** Where it is written before it is known that the store is this server's to use. */
  configDraft: string;
  logFile: string;
  lock: StoreLock;
  /** The address at which it is reached from here. */
  connectHost: string;
  config: ServerConfig;
}

/** How one life of a server ended. */
export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines that it logged. */
  logTail: string;
}

/** How long it has to recover its store and begin to serve. */
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 10;
/** How long it has to end after SIGTERM; the guard grants as much. */
const STOP_GRACE_MS = 5_000;
/** How long an earlier server on the store, whose owner may just have been killed, has to end. */
const PREDECESSOR_PATIENCE_MS = STOP_GRACE_MS + 1_000;

/** One life of a nats-server, from its start to its end. */
export class ServerProcess {
  readonly pid: number;
  /** Settles when the server and its guard are gone and its store is free; never rejects. */
  readonly exited: Promise<ServerExit>;
  readonly #child: ChildProcess;
  readonly #log: ServerLog;

  private constructor(guarded: GuardedProcess, pid: number, log: ServerLog, lock: StoreLock) {
    this.pid = pid;
    this.#child = guarded.child;
    this.#log = log;
    this.exited = waitForEnd(guarded, pid, log, lock);
  }

  /**
   * Starts a server and waits until it serves JetStream.
   *
   * @throws NatsServerStartError when it does not; nothing of it is then left running
   */
  static async start(settings: ServerProcessSettings, signal: AbortSignal): Promise<ServerProcess> {
    await awaitFreeStore(settings.lock, PREDECESSOR_PATIENCE_MS, signal);
    await assertFreePort(settings.config);
    signal.throwIfAborted();
    const server = await ServerProcess.#spawn(settings);
    try {
      await server.#becomeReady(settings, signal);
      return server;
    } catch (error) {
      await server.terminate();
      await rm(settings.configDraft, { force: true });
      throw error;
    }
  }

  static async #spawn(settings: ServerProcessSettings): Promise<ServerProcess> {
    const { configFile, configDraft, lock } = settings;
    const log = await openServerLog(settings.logFile);
    try {
      await writeServerConfig(configDraft, settings.config);
      const guarded = spawnGuarded(settings.executable, ['-c', configFile], {
        lockFile: lock.file,
        configDraft,
        configFile,
        outputFd: log.fd,
        workingDirectory: settings.config.storeDirectory,
      });
      return new ServerProcess(guarded, await pidOf(guarded.child), log, lock);
    } finally {
      await log.close();
    }
  }

  /** Sends a signal, if it still runs. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it: with SIGTERM, or with SIGKILL when it has not ended five seconds later. */
  async terminate(): Promise<void> {
    this.signal('SIGTERM');
    this.signal('SIGCONT'); // one that is paused would not get the other
    const impatience = setTimeout(() => this.signal('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(impatience);
  }

  async #becomeReady(settings: ServerProcessSettings, signal: AbortSignal): Promise<void> {
    const decided = new AbortController();
    const until = AbortSignal.any([signal, decided.signal]);
    const prematureEnd = this.exited.then((exit) => Promise.reject(endedEarly(settings, exit)));
    try {
      await Promise.race([this.#waitUntilServing(settings, until), prematureEnd]);
    } finally {
      decided.abort();
    }
  }

  async #waitUntilServing(settings: ServerProcessSettings, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    while (!(await isServing(settings))) {
      if (performance.now() > deadline) throw notReady(await this.#log.tail());
      await delay(POLL_MS, undefined, { signal });
    }
  }
}

async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) return child.pid;
  const [error] = (await once(child, 'error')) as [Error];
  throw new NatsServerStartError('exited', `nats-server could not be run: ${error.message}`);
}

async function waitForEnd(
  guarded: GuardedProcess,
  pid: number,
  log: ServerLog,
  lock: StoreLock,
): Promise<ServerExit> {
  const [code, signal] = (await once(guarded.child, 'exit')) as [number | null, NodeJS.Signals | null];
  await guarded.dismissGuard();
  await releaseStore(lock, pid).catch(() => {}); // the next start clears it away
  return { code, signal, logTail: await log.tail().catch(() => '') };
}

async function assertFreePort({ host, port }: ServerConfig): Promise<void> {
  if (await isPortFree(host, port)) return;
  throw new NatsServerStartError('port-in-use', `another process listens on ${host}:${port}`);
}

/** The name tells it from another server that took the port in the meantime. */
async function isServing(settings: ServerProcessSettings): Promise<boolean> {
  try {
    const info = await readServerInfo(settings.connectHost, settings.config.port);
    return info.server_name === settings.config.serverName && info.jetstream === true;
  } catch {
    return false;
  }
}

function endedEarly(settings: ServerProcessSettings, exit: ServerExit): NatsServerStartError {
  if (exit.code === LOCKED_EXIT_CODE) return inUse(settings.lock);
  const end = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
  const failure = exit.logTail.includes('address already in use') ? 'port-in-use' : 'exited';
  return new NatsServerStartError(failure, `nats-server ended ${end} before it was ready`, exit.logTail);
}

function notReady(logTail: string): NatsServerStartError {
  const message = `nats-server was not ready after ${READY_TIMEOUT_MS / 1000} s`;
  return new NatsServerStartError('not-ready', message, logTail);
}
