import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmbeddedNatsServer } from '@ground-control/nats-server';
import { assertNamespace, type Duration, toMilliseconds } from '@ground-control/protocol';

import { CoordinatorProcess } from './coordinator-process.js';

export interface GroundControlTestServerOptions {
  /** @defaultValue 'default' */
  namespace?: string | undefined;
  /** @defaultValue 4 */
  partitions?: number | undefined;
  /** How long a worker may be silent before its steps go to another. @defaultValue '15s' */
  leaseDuration?: Duration | undefined;
  /** More environment variables for the coordinator. */
  env?: NodeJS.ProcessEnv | undefined;
}

/**
 * A real system for tests: a NATS server on a free port with a store of its own in a temporary folder, and a
 * coordinator in a process of its own. Either may be killed and started again. Both end with the process that
 * started them.
 *
 * @example
 * ```ts
 * const server = await GroundControlTestServer.start();
 * const app = await Test.createTestingModule({
 *   imports: [GroundControlModule.forRoot({ servers: server.servers, namespace: server.namespace }), OrdersModule],
 * }).compile();
 * // …
 * await app.close();
 * await server.stop();
 * ```
 */
export class GroundControlTestServer {
  #coordinator: CoordinatorProcess | undefined;

  private constructor(
    /** The URL of the NATS server; it stays the same over restarts. */
    readonly servers: string,
    readonly namespace: string,
    private readonly nats: EmbeddedNatsServer,
    private readonly folder: string,
    private readonly coordinatorEnv: NodeJS.ProcessEnv,
  ) {}

  /**
   * Starts NATS and a coordinator; resolves when the coordinator serves all partitions.
   *
   * @throws NatsServerUnavailableError when there is no nats-server and none could be installed
   * @throws Error with what the coordinator wrote last when it does not get ready
   */
  static async start(options: GroundControlTestServerOptions = {}): Promise<GroundControlTestServer> {
    const namespace = options.namespace ?? 'default';
    assertNamespace(namespace);
    const env = environmentOf(options);
    const folder = await mkdtemp(join(tmpdir(), 'ground-control-test-'));
    const nats = await startNatsIn(folder);
    const server = new GroundControlTestServer(nats.url, namespace, nats, folder, env);
    try {
      await server.startCoordinator();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** The end of what the present coordinator, or the last one, wrote. */
  get coordinatorOutput(): string {
    return this.#coordinator?.output ?? '';
  }

  /** Ends coordinator and NATS and removes their data. May be called again. */
  async stop(): Promise<void> {
    await this.#coordinator?.stop();
    await this.nats.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Kills the coordinator with SIGKILL; resolves when it is gone. */
  async killCoordinator(): Promise<void> {
    await this.#coordinator?.kill();
  }

  /**
   * Starts a coordinator again where none runs; resolves when it serves all partitions.
   *
   * @param env more environment variables, for this one alone
   */
  async startCoordinator(env: NodeJS.ProcessEnv = {}): Promise<void> {
    if (this.#coordinator?.running) return;
    this.#coordinator = await CoordinatorProcess.start({
      ...this.coordinatorEnv,
      GROUND_CONTROL_SERVERS: this.servers,
      GROUND_CONTROL_NAMESPACE: this.namespace,
      ...env,
    });
  }

  /** Kills the NATS server with SIGKILL; it stays dead until {@link startNats}. */
  async killNats(): Promise<void> {
    await this.nats.kill();
  }

  /** Starts the NATS server again on its port and its store; resolves when it is ready. */
  async startNats(): Promise<void> {
    await this.nats.restart();
  }
}

async function startNatsIn(folder: string): Promise<EmbeddedNatsServer> {
  try {
    return await EmbeddedNatsServer.start({ storeDirectory: join(folder, 'nats') });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function environmentOf({
  partitions,
  leaseDuration,
  env,
}: GroundControlTestServerOptions): NodeJS.ProcessEnv {
  return {
    GROUND_CONTROL_LOG_LEVEL: 'warn',
    // One after the other: the next need not wait until the lease of a killed one has run out.
    GROUND_CONTROL_COORDINATOR_ID: 'test',
    ...(partitions !== undefined && { GROUND_CONTROL_PARTITIONS: String(partitions) }),
    ...(leaseDuration !== undefined && {
      GROUND_CONTROL_WORKER_LEASE: `${toMilliseconds(leaseDuration, 'leaseDuration')}ms`,
    }),
    ...env,
  };
}
