import { setTimeout as delay } from 'node:timers/promises';

import { backOffMs } from './back-off.js';
import { type EmbeddedNatsServerOptions, resolveOptions } from './embedded-options.js';
import type { NatsServerEvent } from './nats-server-event.js';
import { NatsServerStartError } from './nats-server-start.error.js';
import { authority } from './server-config.js';
import { ServerProcess, type ServerProcessSettings } from './server-process.js';

/** A server that ran this long has shown that it can: the back-off begins anew. */
const STABLE_AFTER_MS = 30_000;
/** How often another port is picked when somebody else was quicker to take it. */
const MAX_PORT_PICKS = 5;

/**
 * A nats-server of this process's own, with JetStream in a folder: started again when it dies, and stopped
 * when this process ends, however it ends.
 *
 * @example
 * ```ts
 * const server = await EmbeddedNatsServer.start({ storeDirectory: '/var/lib/orders/nats' });
 * const connection = await connect({ servers: server.url });
 * // …
 * await server.stop();
 * ```
 */
export class EmbeddedNatsServer {
  /** Where clients connect, such as `nats://127.0.0.1:24222`. */
  readonly url: string;
  readonly port: number;
  readonly #settings: ServerProcessSettings;
  readonly #options: EmbeddedNatsServerOptions;
  #process: ServerProcess | undefined;
  /** Aborted as soon as the server shall no longer be kept up. */
  #supervision = new AbortController();
  /** What is done to keep it up: a launch, or the watch over its present life. Never rejects. */
  #activity: Promise<void> = Promise.resolve();
  #attempt = 0;

  private constructor(settings: ServerProcessSettings, options: EmbeddedNatsServerOptions) {
    this.url = `nats://${authority(settings.connectHost, settings.config.port)}`;
    this.port = settings.config.port;
    this.#settings = settings;
    this.#options = options;
  }

  /**
   * Starts a server; resolves when it serves JetStream.
   *
   * @throws NatsServerUnavailableError when there is no nats-server and none could be installed
   * @throws NatsServerStartError when it does not become ready, say because its port or store is in use
   */
  static async start(options: EmbeddedNatsServerOptions): Promise<EmbeddedNatsServer> {
    for (let picks = 1; ; picks += 1) {
      const server = new EmbeddedNatsServer(await resolveOptions(options), options);
      try {
        await server.#launch();
        return server;
      } catch (error) {
        const portWasTaken = error instanceof NatsServerStartError && error.failure === 'port-in-use';
        if (options.port || !portWasTaken || picks === MAX_PORT_PICKS) throw error;
      }
    }
  }

  /** The process id of the nats-server itself; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Kills the server with SIGKILL and leaves it dead until {@link restart}. For tests of what that does. */
  kill(): Promise<void> {
    return this.#end((server) => {
      server.signal('SIGKILL');
    });
  }

  /** Stops the server: with SIGTERM, or SIGKILL when it has not ended in five seconds. May be called again. */
  stop(): Promise<void> {
    return this.#end((server) => server.terminate());
  }

  /**
   * Starts the server again, on its port and store, after {@link kill} or {@link stop}; one that runs is
   * stopped first.
   *
   * @throws NatsServerStartError when it does not become ready
   */
  async restart(): Promise<void> {
    await this.stop();
    this.#supervision = new AbortController();
    const launching = this.#launch();
    this.#activity = launching.catch(() => {});
    await launching;
  }

  /** Halts the server as it is (SIGSTOP): its connections stay open, and nothing is answered. */
  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  /** Lets a paused server go on (SIGCONT). */
  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  async #launch(): Promise<void> {
    const { signal } = this.#supervision;
    const server = await ServerProcess.start(this.#settings, signal);
    if (signal.aborted) return server.terminate();
    this.#process = server;
    this.#emit({ kind: 'ready', pid: server.pid, port: this.port });
    this.#activity = this.#watchOver(server, signal);
  }

  async #watchOver(server: ServerProcess, signal: AbortSignal): Promise<void> {
    const readyAt = performance.now();
    const exit = await server.exited;
    this.#process = undefined;
    if (signal.aborted) return this.#emit({ kind: 'stopped', pid: server.pid });
    this.#emit({ kind: 'died', pid: server.pid, ...exit });
    if (performance.now() - readyAt > STABLE_AFTER_MS) this.#attempt = 0;
    if (this.#options.restart ?? true) await this.#relaunch(signal);
  }

  /** Tries until it succeeds or is no longer wanted. */
  async #relaunch(signal: AbortSignal): Promise<void> {
    let relaunched = false;
    while (!relaunched && !signal.aborted) {
      this.#attempt += 1;
      relaunched = await this.#tryRelaunch(this.#attempt, signal);
    }
  }

  async #tryRelaunch(attempt: number, signal: AbortSignal): Promise<boolean> {
    const delayMs = backOffMs(attempt);
    this.#emit({ kind: 'restarting', attempt, delayMs });
    try {
      await delay(delayMs, undefined, { signal });
      await this.#launch();
      return true;
    } catch (error) {
      if (!signal.aborted) this.#emit({ kind: 'restart-failed', attempt, error: error as Error });
      return false;
    }
  }

  async #end(how: (server: ServerProcess) => void | Promise<void>): Promise<void> {
    this.#supervision.abort();
    if (this.#process !== undefined) await how(this.#process);
    await this.#activity;
  }

  /** In a microtask, so that a listener that throws does not end the supervision. */
  #emit(event: NatsServerEvent): void {
    queueMicrotask(() => this.#options.onEvent?.(event));
  }
}
