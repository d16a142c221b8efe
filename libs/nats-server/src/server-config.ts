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
}

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
`;
}

function quote(value: string): string {
  if (/\p{Cc}/u.test(value)) throw new Error(`${JSON.stringify(value)} holds a control character`);
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** Writes it into a file that is not there yet, for the eyes of its owner only. */
export function writeServerConfig(path: string, config: ServerConfig): Promise<void> {
  return writeFile(path, renderServerConfig(config), { mode: 0o600 });
}
