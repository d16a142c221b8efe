import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { type LocatedNatsServer, locateNatsServer } from './locate.js';
import type { NatsServerEvent } from './nats-server-event.js';
import { pickFreePort } from './port.js';
import type { ClusterConfig, ServerConfig } from './server-config.js';
import type { ServerProcessSettings } from './server-process.js';

export interface EmbeddedNatsServerOptions {
  /** The folder of its data, configuration and log; made where it is missing. */
  storeDirectory: string;
  /**
   * 0 picks a free port. Whatever it is, the server keeps it for all its restarts.
   *
   * @defaultValue 0
   */
  port?: number;
  /** @defaultValue `'127.0.0.1'` */
  host?: string;
  /**
   * Whether a message is on the disk before it is acknowledged (`sync_interval: always`).
   *
   * @defaultValue true
   */
  syncAlways?: boolean;
  /**
   * The largest message it takes, in bytes; nats-server refuses more than 64 MiB.
   *
   * @defaultValue 8388608, which is 8 MiB
   */
  maxPayloadBytes?: number;
  /** @defaultValue `ground-control-` and a random number */
  serverName?: string;
  /** @defaultValue the result of {@link locateNatsServer} */
  executable?: LocatedNatsServer;
  /**
   * Whether it is started again, with back-off, when it dies.
   *
   * @defaultValue true
   */
  restart?: boolean;
  /** @defaultValue `nats-server.log` in the store folder */
  logFile?: string;
  /**
   * Makes it a member of a cluster; {@link EmbeddedNatsCluster} starts one whole.
   *
   * @defaultValue a server on its own
   */
  cluster?: ClusterConfig;
  /** Called with what happens to the server. */
  onEvent?: (event: NatsServerEvent) => void;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
const ANY_ADDRESS: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Fills in the defaults.
 *
 * @throws NatsServerUnavailableError when there is no nats-server and none could be installed
 */
export async function resolveOptions(options: EmbeddedNatsServerOptions): Promise<ServerProcessSettings> {
  const executable = options.executable ?? (await locateNatsServer());
  const config = await resolveConfig(options);
  const inStore = (name: string): string => join(config.storeDirectory, name);
  return {
    executable: resolve(executable.path),
    config,
    configFile: inStore('nats-server.conf'),
    configDraft: inStore(`nats-server.conf.${randomUUID()}`),
    logFile: options.logFile ?? inStore('nats-server.log'),
    lock: { file: inStore('nats-server.lock'), commandLineMark: inStore('nats-server.conf') },
    connectHost: ANY_ADDRESS[config.host] ?? config.host,
  };
}

async function resolveConfig(options: EmbeddedNatsServerOptions): Promise<ServerConfig> {
  await mkdir(options.storeDirectory, { recursive: true });
  const host = options.host ?? DEFAULT_HOST;
  return {
    host,
    port: options.port || (await pickFreePort(host)),
    serverName: options.serverName ?? `ground-control-${randomBytes(4).toString('hex')}`,
    storeDirectory: await realpath(options.storeDirectory),
    maxPayloadBytes: options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
    syncAlways: options.syncAlways ?? true,
    cluster: options.cluster,
  };
}
