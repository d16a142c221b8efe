import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GroundControlClient, GroundControlModule } from '@ground-control/nestjs';
import { EmbeddedNatsCluster, EmbeddedNatsServer } from '@ground-control/nats-server';
import { Test, type TestingModule } from '@nestjs/testing';
import { CoordinatorProcess } from '@ground-control/nestjs/testing';
import type { LogLine } from '../checker/index.js';
import { RouteProxies } from './route-proxies.js';

const WORKER_MAIN = new URL('../../dist/test/fixtures/cluster-worker/main.js', import.meta.url).pathname;

export interface ClusterWorldOptions {
  /** 1, or 3 for streams of three copies. */
  natsServers: 1 | 3;
  coordinators: number;
  workers: number;
  partitions?: number;
  /** Steps that a worker runs at once. @defaultValue 20 */
  concurrency?: number;
}

/** Servers, coordinators and workers as real processes, each of which a test may kill, pause or stop. */
export class ClusterWorld {
  readonly coordinators: CoordinatorProcess[] = [];
  readonly workers: ChildProcess[] = [];
  private readonly apps: TestingModule[] = [];

  private constructor(
    private readonly options: ClusterWorldOptions,
    readonly nats: readonly EmbeddedNatsServer[],
    /** What the servers reach each other through, where there are several. */
    readonly routes: RouteProxies,
    private readonly cluster: { stop(): Promise<void>; whenHealthy?(): Promise<void> },
    private readonly folder: string,
  ) {}

  static async start(options: ClusterWorldOptions): Promise<ClusterWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'ground-control-cluster-'));
    const routes = new RouteProxies();
    const [nats, cluster] = await startNats(options.natsServers, folder, routes);
    const world = new ClusterWorld(options, nats, routes, cluster, folder);
    try {
      for (let index = 0; index < options.coordinators; index++) await world.startCoordinator();
      for (let index = 0; index < options.workers; index++) await world.startWorker();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get urls(): string[] {
    return this.nats.map(({ url }) => url);
  }

  /** Starts a coordinator, at the end of the list. @returns when it serves its share */
  async startCoordinator(): Promise<CoordinatorProcess> {
    const coordinator = await CoordinatorProcess.start({
      ...this.env,
      GROUND_CONTROL_LOG_LEVEL: 'log',
      GROUND_CONTROL_PARTITIONS: String(this.options.partitions ?? 6),
      GROUND_CONTROL_REPLICAS: String(this.options.natsServers),
      GROUND_CONTROL_WORKER_LEASE: '3s',
      // Checkpoints, evictions and purges are to fall among the faults.
      GROUND_CONTROL_CHECKPOINT_INTERVAL: '1s',
      GROUND_CONTROL_PURGE_DELAY: '2s',
      GROUND_CONTROL_IDLE_AFTER: '1s',
    });
    this.coordinators.push(coordinator);
    return coordinator;
  }

  /** Starts a worker, at the end of the list. @returns when it has registered */
  async startWorker(): Promise<ChildProcess> {
    const worker = fork(WORKER_MAIN, {
      execArgv: ['--enable-source-maps'],
      env: {
        ...process.env,
        ...this.env,
        LEDGER: join(this.folder, 'ledger'),
        CONCURRENCY: String(this.options.concurrency ?? 20),
      },
    });
    this.workers.push(worker);
    await once(worker, 'message');
    return worker;
  }

  /** A client with a connection of its own. */
  async newClient(requestTimeout = '60s'): Promise<GroundControlClient> {
    const connected = GroundControlModule.forRoot({
      servers: this.urls,
      worker: false,
      requestTimeout: requestTimeout as '60s',
    });
    const app = await Test.createTestingModule({ imports: [connected] }).compile();
    app.useLogger(['error']);
    await app.init();
    this.apps.push(app);
    return app.get(GroundControlClient);
  }

  /** What the tasks' bodies and their callers wrote down. */
  ledger(): LogLine[] {
    const file = join(this.folder, 'ledger');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Waits until every server has all that it keeps copies of. */
  async whenHealthy(): Promise<void> {
    await this.cluster.whenHealthy?.();
  }

  /** Ends everything, paused or not. */
  async stop(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await Promise.all(this.workers.map(killChild));
    await Promise.all(this.coordinators.map((coordinator) => coordinator.kill()));
    await this.cluster.stop();
    await this.routes.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get env(): NodeJS.ProcessEnv {
    return { GROUND_CONTROL_SERVERS: this.urls.join(',') };
  }
}

/** Kills a process with SIGKILL. @returns when it is gone */
export async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Halts a process as it is, or lets it go on. */
export function signal({ pid }: { pid?: number | undefined }, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (pid !== undefined) process.kill(pid, name);
}

async function startNats(
  servers: 1 | 3,
  folder: string,
  routes: RouteProxies,
): Promise<[readonly EmbeddedNatsServer[], EmbeddedNatsServer | EmbeddedNatsCluster]> {
  const storeDirectory = join(folder, 'nats');
  if (servers === 1) {
    const server = await EmbeddedNatsServer.start({ storeDirectory, restart: false });
    return [[server], server];
  }
  const cluster = await EmbeddedNatsCluster.start({
    storeDirectory,
    restart: false,
    routeThrough: (url, member, other) => routes.between(url, member, other),
  });
  return [cluster.members, cluster];
}
