import 'reflect-metadata';
import {
  GroundControlClient,
  GroundControlModule,
  type GroundControlModuleOptions,
  type HistoryEvent,
  type HistoryEventKind,
  type WorkerOptions,
  WorkflowNotFoundError,
} from '@ground-control/nestjs';
import { GroundControlTestServer, type GroundControlTestServerOptions } from '@ground-control/nestjs/testing';
import type { LoggerService, ModuleMetadata, Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { FramePeer } from '@ground-control/client';
import { vi } from 'vitest';
import { isChaos, threaten } from './chaos.fixture.js';

/** How long a test waits for something to come true. */
export const PATIENCE: { timeout: number; interval: number } = { timeout: 20_000, interval: 10 };

/** The lease of workers that are killed, in milliseconds: how long a step waits until another gets it. */
const CHAOS_LEASE_MS = 2_000;

export interface ServeOptions extends Pick<ModuleMetadata, 'imports' | 'controllers'> {
  worker?: Omit<WorkerOptions, 'identity'> | undefined;
  codec?: GroundControlModuleOptions['codec'];
  logger?: LoggerService | undefined;
}

/** A real server, a client, and applications that serve workflows, all of which end with it. */
export class SpecWorld {
  readonly client: GroundControlClient;
  private readonly apps: TestingModule[] = [];

  private constructor(
    readonly server: GroundControlTestServer,
    clientApp: TestingModule,
  ) {
    this.client = clientApp.get(GroundControlClient);
    this.apps.push(clientApp);
  }

  /** Starts a server and a client, and an application that serves these providers where there are any. */
  static async start(
    providers: Provider[] = [],
    { server: serverOptions, ...options }: ServeOptions & { server?: GroundControlTestServerOptions } = {},
  ): Promise<SpecWorld> {
    const lease = isChaos ? { leaseDuration: CHAOS_LEASE_MS } : {};
    const server = await GroundControlTestServer.start({ ...lease, ...serverOptions });
    const { codec } = options;
    const clientApp = await boot({ imports: [moduleOf(server, { worker: false, codec })] });
    const world = new SpecWorld(server, clientApp);
    if (providers.length > 0) await world.serveMortal(providers, options);
    return world;
  }

  /** Serves with an application that is killed and replaced once a test, where the suite is run so. */
  private async serveMortal(providers: Provider[], options: ServeOptions): Promise<void> {
    let app = await this.serve(providers, options);
    threaten({
      kill: async () => {
        const identity = `spec-1`;
        await app.get(FramePeer, { strict: false }).connection.close();
        app = await this.serve(providers, options, identity);
      },
    });
  }

  /** Starts another application of the namespace; resolves when its worker is registered. */
  async serve(
    providers: Provider[],
    options: ServeOptions = {},
    identity: string = `spec-${this.apps.length}`,
  ): Promise<TestingModule> {
    const { worker, codec, imports = [], controllers = [], logger } = options;
    const groundControl = moduleOf(this.server, {
      codec,
      worker: { shutdownTimeout: 0, ...worker, identity },
    });
    const app = await boot({ imports: [groundControl, ...imports], controllers, providers }, logger);
    this.apps.push(app);
    await this.registered(identity);
    return app;
  }

  /** Waits until a worker of this identity is listed. */
  async registered(identity: string): Promise<void> {
    await vi.waitUntil(
      async () => (await this.client.workers()).some((worker) => worker.identity === identity),
      PATIENCE,
    );
  }

  /** Waits until the latest run of the workflow id has recorded an event of the kind; returns all of them. */
  async recorded<K extends HistoryEventKind>(
    workflowId: string,
    kind: K,
    count = 1,
  ): Promise<Extract<HistoryEvent, { kind: K }>[]> {
    return vi.waitUntil(async () => {
      const found = eventsOf(await this.historyOf(workflowId), kind);
      return found.length >= count && found;
    }, PATIENCE);
  }

  /** A run that is yet to be started, as a child may be, has none. */
  private async historyOf(workflowId: string): Promise<HistoryEvent[]> {
    try {
      return await this.client.handle(workflowId).history();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return [];
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.server.stop();
  }
}

/** The events of a history that have the kind, in order. */
export function eventsOf<K extends HistoryEventKind>(
  history: HistoryEvent[],
  kind: K,
): Extract<HistoryEvent, { kind: K }>[] {
  return history.filter((event): event is Extract<HistoryEvent, { kind: K }> => event.kind === kind);
}

/** The error with which something is rejected. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const outcome: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('it was not rejected with an error');
}

/** The module that connects an application to the server. */
export function moduleOf(
  { servers, namespace }: GroundControlTestServer,
  options: GroundControlModuleOptions = {},
): ReturnType<typeof GroundControlModule.forRoot> {
  return GroundControlModule.forRoot({ servers, namespace, ...options });
}

async function boot(metadata: ModuleMetadata, logger?: LoggerService): Promise<TestingModule> {
  const builder = Test.createTestingModule(metadata);
  builder.setLogger(logger ?? SILENT);
  const app = await builder.compile();
  await app.init();
  return app;
}

const nothing = (): void => {};
const SILENT: LoggerService = { log: nothing, warn: nothing, error: nothing };
