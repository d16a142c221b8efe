import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { EmbeddedNatsServer, type EmbeddedNatsServerOptions } from '@ground-control/nats-server';

/** A nats-server with a store of its own in a temporary folder, and connections to it. */
export class JournalServer {
  private readonly connections: NatsConnection[] = [];

  private constructor(
    readonly nats: EmbeddedNatsServer,
    private readonly folder: string,
  ) {}

  static async start(options: Partial<EmbeddedNatsServerOptions> = {}): Promise<JournalServer> {
    const folder = await mkdtemp(join(tmpdir(), 'gc-journal-'));
    return new JournalServer(await EmbeddedNatsServer.start({ ...options, storeDirectory: folder }), folder);
  }

  async connect(): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.nats.url,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
    });
    this.connections.push(connection);
    return connection;
  }

  async stop(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
    await this.nats.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
