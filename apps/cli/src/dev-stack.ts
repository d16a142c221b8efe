import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import {
  EmbeddedNatsCluster,
  EmbeddedNatsServer,
  locateNatsServer,
  type NatsServerEvent,
  NatsServerStartError,
} from '@ground-control/nats-server';

import { type ChildExit, CoordinatorChild } from './coordinator-child.js';
import { findDev, leaveMark, removeMark } from './dev-mark.js';

/** How many servers `--cluster` starts. */
const CLUSTER_SIZE = 3;

export interface DevStackOptions {
  dataDirectory: string;
  port: number;
  /** Keeps nothing: the data are in memory, and whatever else is written in a temporary folder. */
  inMemory: boolean;
  /** Three servers that keep copies of each other's streams, in place of one. */
  cluster: boolean;
  /** What the coordinator is told, once the URL of the NATS server is known. */
  envOf: (servers: string) => NodeJS.ProcessEnv;
  onProgress: (line: string) => void;
  /** What goes on, for who waits. */
  onBusy: (text: string) => void;
  /** Ends the waiting for the coordinator. */
  interrupted: Promise<void>;
}

/** The servers, however many. */
interface Nats {
  urls: string[];
  stop(): Promise<void>;
}

/** A NATS server and a coordinator, as processes that end with this one. */
export class DevStack {
  private constructor(
    /** Where the data are, and everything else that is written. */
    readonly folder: string,
    private readonly inMemory: boolean,
    private readonly nats: Nats,
    private readonly coordinator: CoordinatorChild,
  ) {}

  /**
   * Starts all of it; resolves when the coordinator serves, or when it is interrupted.
   *
   * @throws NatsServerUnavailableError when there is no nats-server and none could be installed
   * @throws Error saying what to do, when the port or the data folder is in use
   */
  static async start(options: DevStackOptions): Promise<DevStack> {
    const { inMemory, onBusy } = options;
    const folder = inMemory ? await mkdtemp(join(tmpdir(), 'gctl-dev-')) : resolve(options.dataDirectory);
    await refuseSecond(folder);
    const nats = await startNats(options, folder);
    onBusy('starting a coordinator');
    const env = {
      ...options.envOf(nats.urls.join(',')),
      ...(inMemory && { GROUND_CONTROL_STORAGE: 'memory' }),
      ...(options.cluster && { GROUND_CONTROL_REPLICAS: String(CLUSTER_SIZE) }),
    };
    const coordinator = new CoordinatorChild(env);
    const stack = new DevStack(folder, inMemory, nats, coordinator);
    try {
      await leaveMark(folder, { pid: process.pid, servers: stack.url });
      await Promise.race([options.interrupted, coordinator.ready(), coordinator.exited.then(endedTooSoon)]);
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Where NATS is; several servers are separated by commas. */
  get url(): string {
    return this.nats.urls.join(',');
  }

  /** Resolves when the coordinator has ended. */
  get coordinatorExited(): Promise<ChildExit> {
    return this.coordinator.exited;
  }

  /** Ends the coordinator, then NATS. */
  async stop(): Promise<void> {
    await this.coordinator.stop();
    await this.nats.stop();
    await removeMark(this.folder);
    if (this.inMemory) await rm(this.folder, { recursive: true, force: true });
  }
}

async function refuseSecond(folder: string): Promise<void> {
  const other = await findDev(folder);
  if (!other) return;
  throw new Error(
    `Another gctl dev (process ${other.pid}) uses the store in ${folder} and serves ${other.servers}. ` +
      'Use that one, stop it, or choose another folder with --data-dir.',
  );
}

async function startNats(options: DevStackOptions, folder: string): Promise<Nats> {
  const { onProgress, onBusy, port, inMemory } = options;
  onBusy('looking for nats-server');
  const executable = await locateNatsServer({ onProgress });
  onBusy(options.cluster ? `starting ${CLUSTER_SIZE} NATS servers` : 'starting a NATS server');
  const shared = { executable, storeDirectory: folder, syncAlways: !inMemory };
  const onEvent = (event: NatsServerEvent): void => tell(event, onProgress);
  try {
    if (!options.cluster) {
      const server = await EmbeddedNatsServer.start({ ...shared, port, onEvent });
      return { urls: [server.url], stop: () => server.stop() };
    }
    const ports =
      port === 0 ? {} : { ports: Array.from({ length: CLUSTER_SIZE }, (_, index) => port + index) };
    return await EmbeddedNatsCluster.start({ ...shared, ...ports, size: CLUSTER_SIZE, onEvent });
  } catch (error) {
    if (inMemory) await rm(folder, { recursive: true, force: true });
    throw withAdvice(error, folder);
  }
}

function withAdvice(error: unknown, folder: string): unknown {
  if (!(error instanceof NatsServerStartError)) return error;
  if (error.failure === 'port-in-use')
    return new Error(`${error.message}. Choose another port with --port; 0 picks a free one.`, {
      cause: error,
    });
  if (error.failure === 'store-in-use')
    return new Error(`${error.message}. Stop it, or choose another folder than ${folder} with --data-dir.`, {
      cause: error,
    });
  return error;
}

function endedTooSoon({ code, signal }: ChildExit): never {
  throw new Error(`The coordinator ended before it was ready (${signal ?? `exit code ${code}`}).`);
}

function tell(event: NatsServerEvent, onProgress: (line: string) => void): void {
  if (event.kind === 'died') onProgress(`nats-server ended by itself:\n${event.logTail}`);
  if (event.kind === 'restarting') onProgress(`nats-server is started again in ${event.delayMs} ms`);
}
