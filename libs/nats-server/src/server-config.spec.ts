import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from './fakes.fixture.js';
import { renderServerConfig, type ServerConfig, writeServerConfig } from './server-config.js';

const CONFIG: ServerConfig = {
  host: '127.0.0.1',
  port: 24_222,
  serverName: 'orders',
  storeDirectory: '/var/lib/orders',
  maxPayloadBytes: 8_388_608,
  syncAlways: true,
};

describe('the configuration of a nats-server', () => {
  it('names address, limits and store, and syncs every write', () => {
    expect(renderServerConfig(CONFIG)).toBe(`# Written anew at every start.
server_name: "orders"
host: "127.0.0.1"
port: 24222
max_payload: 8388608
jetstream {
  store_dir: "/var/lib/orders"
  sync_interval: always
}
`);
  });

  it("leaves syncing at the server's own interval when that is asked for", () => {
    expect(renderServerConfig({ ...CONFIG, syncAlways: false })).not.toContain('sync_interval');
  });

  it('joins a cluster over the given routes, and tells of its health on the same address', () => {
    const cluster = { name: 'c', port: 6222, routes: ['nats://127.0.0.1:6223'], monitorPort: 8222 };
    expect(renderServerConfig({ ...CONFIG, cluster })).toContain(`
http: "127.0.0.1:8222"
cluster {
  name: "c"
  listen: "127.0.0.1:6222"
  routes: ["nats://127.0.0.1:6223"]
  no_advertise: true
`);
  });

  it('quotes what the format gives a meaning', () => {
    const storeDirectory = String.raw`C:\Users\"me"\$HOME`;
    expect(renderServerConfig({ ...CONFIG, storeDirectory })).toContain(
      String.raw`store_dir: "C:\\Users\\\"me\"\\$HOME"`,
    );
  });

  it('refuses a value that the format cannot express', () => {
    expect(() => renderServerConfig({ ...CONFIG, serverName: 'a\nport: 1' })).toThrow(
      String.raw`"a\nport: 1" holds a control character`,
    );
  });

  it('is for the eyes of its owner only', async () => {
    const path = join(await temporaryDirectory(), 'nats-server.conf');
    await writeServerConfig(path, CONFIG);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
