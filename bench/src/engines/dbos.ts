import { installedVersion, installPeers } from '../install/peers.js';
import { LOOPBACK, freePort } from '../harness/port.js';
import { COMMON_WORKLOADS, type Engine, type EngineContext, type EngineDefinition } from './engine.js';
import { locatePostgres, PostgresCluster, type PostgresPrograms } from './postgres.js';
import { ProcessSet } from './process-set.js';

const SDK = '@dbos-inc/dbos-sdk';

let programs: PostgresPrograms | undefined;

/** DBOS with the workflows in the worker's own HTTP application, on a PostgreSQL of its own. */
export const dbos: EngineDefinition = {
  name: 'dbos',
  conditions: 'PostgreSQL with synchronous_commit=on, fsync=on, else default settings',
  workloads: COMMON_WORKLOADS,
  driver: 'peers/dbos/client.js',
  async prepare(say) {
    await installPeers(say);
    programs = await locatePostgres(say);
    return `dbos-sdk ${installedVersion(SDK)}, PostgreSQL ${programs.version}`;
  },
  create(context) {
    if (!programs) throw new Error('PostgreSQL was not prepared.');
    return new Dbos(context, programs);
  },
};

class Dbos implements Engine {
  settings: Record<string, string> = {};
  readonly #processes: ProcessSet;
  readonly #database: PostgresCluster;

  constructor(context: EngineContext, located: PostgresPrograms) {
    this.#processes = new ProcessSet(context);
    this.#database = new PostgresCluster(context, located, this.#processes);
  }

  start(): Promise<void> {
    return this.#database.start();
  }

  async startWorker(): Promise<void> {
    const port = await freePort();
    const url = this.#database.url('dbos_bench');
    await this.#processes.work('peers/dbos/worker.js', { PORT: String(port), DATABASE_URL: url });
    this.settings = { url: `http://${LOOPBACK}:${port}` };
  }

  processes(): ReturnType<ProcessSet['list']> {
    return this.#processes.list();
  }

  stop(): Promise<void> {
    return this.#processes.stop();
  }
}
