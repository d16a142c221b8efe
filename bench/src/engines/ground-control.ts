import { join } from 'node:path';

import {
  EmbeddedNatsCluster,
  EmbeddedNatsServer,
  locateNatsServer,
  type LocatedNatsServer,
} from '../ground-control.js';
import { ROOT_DIRECTORY } from '../harness/paths.js';
import { WORKLOADS } from '../workloads.js';
import type { Engine, EngineContext, EngineDefinition, EngineName, EngineProcess } from './engine.js';
import { ProcessSet } from './process-set.js';

const COORDINATOR = join(ROOT_DIRECTORY, 'dist', 'apps', 'coordinator', 'src', 'main.js');
const CLUSTER_SIZE = 3;

let nats: LocatedNatsServer | undefined;

/** Ground Control as it is built here: as its users get it, or with another number of partitions. */
export function groundControl(name: EngineName, partitions?: number): EngineDefinition {
  const layout =
    partitions === undefined ? 'default settings' : `${partitions} partition, else default settings`;
  return {
    name,
    conditions: `${layout}; nats-server with sync_interval: always, file storage, one copy (W9: three servers, three copies)`,
    workloads: WORKLOADS,
    driver: 'ground-control/client.js',
    async prepare(say) {
      nats = await locateNatsServer({ onProgress: say });
      return `this working copy, nats-server ${nats.version}`;
    },
    create(context) {
      if (!nats) throw new Error('nats-server was not prepared.');
      return new GroundControl(context, nats, partitions);
    },
  };
}

/** The NATS that an engine runs on. */
export interface NatsServers {
  readonly servers: string;
  processes(): EngineProcess[];
  stop(): Promise<void>;
}

class GroundControl implements Engine {
  settings: Record<string, string> = {};
  readonly #processes: ProcessSet;
  #nats: NatsServers | undefined;

  constructor(
    private readonly context: EngineContext,
    private readonly executable: LocatedNatsServer,
    private readonly partitions: number | undefined,
  ) {
    this.#processes = new ProcessSet(context);
  }

  async start(): Promise<void> {
    const clustered = this.context.workload === 'W9';
    this.#nats = await (clustered ? startCluster : startSingleNats)(this.context, this.executable);
    this.settings = { servers: this.#nats.servers };
    await this.#processes.fork('server', 'coordinator', COORDINATOR, {
      GROUND_CONTROL_SERVERS: this.#nats.servers,
      GROUND_CONTROL_LOG_LEVEL: 'warn',
      GROUND_CONTROL_EXIT_WITH_PARENT: '1',
      ...(this.partitions !== undefined && { GROUND_CONTROL_PARTITIONS: String(this.partitions) }),
      ...(clustered && { GROUND_CONTROL_REPLICAS: String(CLUSTER_SIZE) }),
    });
  }

  startWorker(): Promise<void> {
    return this.#processes.work('ground-control/worker.js', {
      GROUND_CONTROL_SERVERS: this.#nats?.servers ?? '',
      CONCURRENCY: String(this.context.maxInFlight),
    });
  }

  processes(): EngineProcess[] {
    return [...(this.#nats?.processes() ?? []), ...this.#processes.list()];
  }

  async stop(): Promise<void> {
    await this.#processes.stop();
    await this.#nats?.stop();
  }
}

/** Nats-servers that keep copies of each other's streams, each write synced by each of them. */
async function startCluster(context: EngineContext, executable: LocatedNatsServer): Promise<NatsServers> {
  const cluster = await EmbeddedNatsCluster.start({
    storeDirectory: join(context.directory, 'nats'),
    size: CLUSTER_SIZE,
    executable,
    restart: false,
  });
  return {
    servers: cluster.urls.join(','),
    processes: () =>
      cluster.members.flatMap((member, index) => processOf(member, `nats-server-${index + 1}`)),
    stop: () => cluster.stop(),
  };
}

function processOf({ pid }: EmbeddedNatsServer, name: string): EngineProcess[] {
  return pid === undefined ? [] : [{ role: 'server', name, pid }];
}

/** One nats-server, started as the package starts its own: every write is on the disk before it is acknowledged. */
export async function startSingleNats(
  context: EngineContext,
  executable: LocatedNatsServer,
): Promise<NatsServers> {
  const server = await EmbeddedNatsServer.start({
    storeDirectory: join(context.directory, 'nats'),
    executable,
    syncAlways: true,
    restart: false,
  });
  return {
    servers: server.url,
    processes: () => processOf(server, 'nats-server'),
    stop: () => server.stop(),
  };
}
