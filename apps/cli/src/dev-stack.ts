import { resolve } from 'node:path';

import { EmbeddedNatsServer, locateNatsServer, type NatsServerEvent } from '@ground-control/nats-server';

import { type ChildExit, CoordinatorChild } from './coordinator-child.js';

export interface DevStackOptions {
  dataDirectory: string;
  port: number;
  /** What the coordinator is told, once the URL of the NATS server is known. */
  envOf: (servers: string) => NodeJS.ProcessEnv;
  onProgress: (line: string) => void;
  /** Ends the waiting for the coordinator. */
  interrupted: Promise<void>;
}

/** A NATS server and a coordinator, as processes that end with this one. */
export class DevStack {
  private constructor(
    private readonly nats: EmbeddedNatsServer,
    private readonly coordinator: CoordinatorChild,
  ) {}

  /**
   * Starts both; resolves when the coordinator serves, or when it is interrupted.
   *
   * @throws NatsServerUnavailableError when there is no nats-server and none could be installed
   * @throws NatsServerStartError when its port or data folder is in use
   */
  static async start(options: DevStackOptions): Promise<DevStack> {
    const { onProgress } = options;
    const nats = await EmbeddedNatsServer.start({
      executable: await locateNatsServer({ onProgress }),
      storeDirectory: resolve(options.dataDirectory),
      port: options.port,
      onEvent: (event) => tell(event, onProgress),
    });
    const coordinator = new CoordinatorChild(options.envOf(nats.url));
    const stack = new DevStack(nats, coordinator);
    try {
      await Promise.race([options.interrupted, coordinator.ready(), coordinator.exited.then(endedTooSoon)]);
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  get url(): string {
    return this.nats.url;
  }

  /** Resolves when the coordinator has ended. */
  get coordinatorExited(): Promise<ChildExit> {
    return this.coordinator.exited;
  }

  /** Ends the coordinator, then NATS. */
  async stop(): Promise<void> {
    await this.coordinator.stop();
    await this.nats.stop();
  }
}

function endedTooSoon({ code, signal }: ChildExit): never {
  throw new Error(`The coordinator ended before it was ready (${signal ?? `exit code ${code}`}).`);
}

function tell(event: NatsServerEvent, onProgress: (line: string) => void): void {
  if (event.kind === 'died') onProgress(`nats-server ended by itself:\n${event.logTail}`);
  if (event.kind === 'restarting') onProgress(`nats-server is started again in ${event.delayMs} ms`);
}
