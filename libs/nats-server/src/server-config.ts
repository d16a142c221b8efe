import { writeFile } from 'node:fs/promises';

/** What is written into the configuration file of an embedded nats-server. */
export interface ServerConfig {
  /** The address it listens on. */
  host: string;
  port: number;
  serverName: string;
  storeDirectory: string;
  maxPayloadBytes: number;
  syncAlways: boolean;
  /** Absent for a server on its own. */
  cluster?: ClusterConfig | undefined;
}

/** How a server belongs to a cluster. */
export interface ClusterConfig {
  /** The same for every member. */
  name: string;
  /** Where the other members reach it, on the server's own address. */
  port: number;
  /** The URLs at which it reaches the members; its own may be among them. */
  routes: readonly string[];
  /** Where it tells of its health, on its own address. */
  monitorPort: number;
}

const ROUTE_PING_INTERVAL = '2s';

/**
 * The text of a nats-server configuration file. What it does not name is off: monitoring, clustering,
 * leaf nodes, gateways, MQTT, WebSocket.
 *
 * @throws Error when a value holds a control character, which the format cannot express
 */
export function renderServerConfig(config: ServerConfig): string {
  const sync = config.syncAlways ? '\n  sync_interval: always' : '';
  return `# Written anew at every start.
server_name: ${quote(config.serverName)}
host: ${quote(config.host)}
port: ${config.port}
max_payload: ${config.maxPayloadBytes}
jetstream {
  store_dir: ${quote(config.storeDirectory)}${sync}
}
${config.cluster ? renderCluster(config.host, config.cluster) : ''}`;
}

/**
 * Members are reached by the given routes alone (`no_advertise`), and one that hangs is noticed within seconds, not
 * after the minutes that nats-server gives it by itself.
 */
function renderCluster(host: string, { name, port, routes, monitorPort }: ClusterConfig): string {
  return `http: ${quote(authority(host, monitorPort))}
cluster {
  name: ${quote(name)}
  listen: ${quote(authority(host, port))}
  routes: [${routes.map(quote).join(', ')}]
  no_advertise: true
  ping_interval: "${ROUTE_PING_INTERVAL}"
}
`;
}

/** A host and a port as URLs have them. */
export function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function quote(value: string): string {
  if (/\p{Cc}/u.test(value)) throw new Error(`${JSON.stringify(value)} holds a control character`);
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** Writes it into a file that is not there yet, for the eyes of its owner only. */
export function writeServerConfig(path: string, config: ServerConfig): Promise<void> {
  return writeFile(path, renderServerConfig(config), { mode: 0o600 });
}
