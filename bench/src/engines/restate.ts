import { createRequire } from 'node:module';

import { installedVersion, installPeers } from '../install/peers.js';
import { freePort, LOOPBACK } from '../harness/port.js';
import {
  COMMON_WORKLOADS,
  type Engine,
  type EngineContext,
  type EngineDefinition,
  type EngineName,
} from './engine.js';
import { ProcessSet } from './process-set.js';

const SERVER = '@restatedev/restate-server';
const SDK = '@restatedev/restate-sdk';

/** Restate with its default settings, which fsync, or with another number of partitions. */
export function restate(name: EngineName, partitions?: number): EngineDefinition {
  const changed =
    partitions === undefined ? 'default settings' : `${partitions} partitions, else default settings`;
  return {
    name,
    conditions: `${changed} (rocksdb-disable-wal-fsync = false), one node, replication 1`,
    workloads: COMMON_WORKLOADS,
    driver: 'peers/restate/client.js',
    async prepare(say) {
      await installPeers(say);
      serverBinary();
      return `restate-server ${installedVersion(SERVER)}, restate-sdk ${installedVersion(SDK)}`;
    },
    create: (context) => new Restate(context, partitions),
  };
}

class Restate implements Engine {
  settings: Record<string, string> = {};
  readonly #processes: ProcessSet;
  #admin = '';

  constructor(
    context: EngineContext,
    private readonly partitions: number | undefined,
  ) {
    this.#processes = new ProcessSet(context);
  }

  async start(): Promise<void> {
    const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
    this.#admin = `http://${LOOPBACK}:${admin}`;
    this.settings = { ingress: `http://${LOOPBACK}:${ingress}` };
    const env = { ...serverEnv(ingress, admin, node), ...partitionEnv(this.partitions) };
    const args = ['--no-logo', '--base-dir', 'restate-data'];
    await this.#processes.serve({ name: 'restate-server', command: serverBinary(), args, env }, () =>
      allAnswer(`${this.#admin}/health`, `${this.settings['ingress']}/restate/health`),
    );
  }

  async startWorker(): Promise<void> {
    const port = await freePort();
    await this.#processes.work('peers/restate/worker.js', { PORT: String(port), RESTATE_LOGGING: 'WARN' });
    await this.#register(`http://${LOOPBACK}:${port}`);
  }

  processes(): ReturnType<ProcessSet['list']> {
    return this.#processes.list();
  }

  stop(): Promise<void> {
    return this.#processes.stop();
  }

  async #register(uri: string): Promise<void> {
    const response = await fetch(`${this.#admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri }),
    });
    if (!response.ok)
      throw new Error(`Restate refuses the worker: ${response.status} ${await response.text()}`);
  }
}

function serverEnv(ingress: number, admin: number, node: number): NodeJS.ProcessEnv {
  return {
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: LOOPBACK,
    RESTATE_BIND_PORT: String(node),
    RESTATE_ADVERTISED_HOST: LOOPBACK,
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    // Nothing that is measured may speak to the outside.
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'warn',
  };
}

function partitionEnv(partitions: number | undefined): NodeJS.ProcessEnv {
  return partitions === undefined ? {} : { RESTATE_DEFAULT_NUM_PARTITIONS: String(partitions) };
}

async function allAnswer(...urls: string[]): Promise<boolean> {
  const responses = await Promise.all(urls.map((url) => fetch(url)));
  return responses.every(({ ok }) => ok);
}

/** The program itself: the package's own command runs it as a child. */
function serverBinary(): string {
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    return require.resolve(`${SERVER}-${platform}/bin/restate-server`);
  } catch {
    throw new Error(`npm has no ${SERVER} for ${platform}`);
  }
}
