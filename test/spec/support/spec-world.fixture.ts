import 'reflect-metadata';
import {
  GroundControlClient,
  type GroundControlModuleOptions,
  type HistoryEvent,
  type HistoryEventKind,
  WorkflowNotFoundError,
} from '@ground-control/nestjs';
import { GroundControlTestServer, type GroundControlTestServerOptions } from '@ground-control/nestjs/testing';
import type { Provider } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { vi } from 'vitest';
import { serveThreatened, spare } from './chaos/chaos.fixture.js';
import { isChaos } from './chaos/run.fixture.js';
import type { WorkerProcess } from './chaos/worker-process.fixture.js';
import {
  boot,
  bootServed,
  moduleOf,
  numberOf,
  type ServedApp,
  type ServeOptions,
} from './served-app.fixture.js';

/** How long a test waits for something to come true. */
export const PATIENCE: { timeout: number; interval: number } = { timeout: 20_000, interval: 10 };

/** The lease of workers that are killed, in milliseconds: how long a step waits until another gets it. */
const CHAOS_LEASE_MS = 1_500;

/** A worker of a spec. */
export interface SpecWorker {
  /** Ends it as an application is closed. */
  close(): Promise<void>;
}

export interface SpecWorldOptions {
  server?: GroundControlTestServerOptions;
  /** Of the client. @defaultValue the application's */
  codec?: GroundControlModuleOptions['codec'];
}

/** A real server, a client, and applications that serve workflows, all of which end with it. */
export class SpecWorld {
  readonly client: GroundControlClient;
  private readonly workers: SpecWorker[] = [];
  private readonly processes = new Set<WorkerProcess>();

  private constructor(
    readonly server: GroundControlTestServer,
    clientApp: TestingModule,
  ) {
    this.client = clientApp.get(GroundControlClient);
    this.workers.push(clientApp);
  }

  /** Starts a server and a client, and a worker that serves this application where there is one. */
  static async start(
    app?: ServedApp | Provider[],
    { server: options, codec }: SpecWorldOptions = {},
  ): Promise<SpecWorld> {
    const lease = isChaos ? { leaseDuration: CHAOS_LEASE_MS } : {};
    const server = await GroundControlTestServer.start({ ...lease, ...options });
    const connected = moduleOf(server, { worker: false, codec: codec ?? optionsOf(app).codec });
    const world = new SpecWorld(server, await boot({ imports: [connected] }));
    if (app) await world.serve(app);
    return world;
  }

  /**
   * Starts a worker of the namespace, which may be killed and replaced where the suite is run so; resolves when it is
   * registered. Providers that are not declared with `served` no other process can find: nobody kills them.
   */
  async serve(app: ServedApp | Provider[]): Promise<SpecWorker> {
    if (Array.isArray(app)) return this.serveHere({ providers: app, options: {} });
    if (!isChaos) return this.serveHere(app);
    const identity = this.nextIdentity();
    const { servers, namespace } = this.server;
    const service = { app: numberOf(app), place: { servers, namespace }, identity };
    const worker = await serveThreatened(service, () => this.onlyLivingWorkers());
    this.processes.add(worker);
    return this.add({
      close: async () => {
        spare(worker);
        this.processes.delete(worker);
        await worker.close();
      },
    });
  }

  /** Starts a worker in this process, for a test that looks into it; resolves when it is registered. */
  async serveHere(app: ServedApp): Promise<TestingModule> {
    const identity = this.nextIdentity();
    const { servers, namespace } = this.server;
    const worker = this.add(await bootServed(app, { servers, namespace }, identity));
    await this.registered(identity);
    return worker;
  }

  private nextIdentity(): string {
    return `spec-${this.workers.length}`;
  }

  private add<W extends SpecWorker>(worker: W): W {
    this.workers.push(worker);
    return worker;
  }

  /** Waits until the workers that were killed are known to be gone, and those in their place to be there. */
  private async onlyLivingWorkers(): Promise<void> {
    const living = [...this.processes].map(({ service }) => service.identity);
    const isLiving = (identity: string): boolean => living.includes(identity);
    await vi.waitUntil(async () => {
      const listed = (await this.client.workers()).map(({ identity }) => identity);
      return listed.filter(isLiving).length === living.length && living.every((one) => listed.includes(one));
    }, PATIENCE);
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
    await Promise.all(this.workers.map((worker) => worker.close()));
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

function optionsOf(app: ServedApp | Provider[] | undefined): ServeOptions {
  return app === undefined || Array.isArray(app) ? {} : app.options;
}
