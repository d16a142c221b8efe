import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmbeddedNatsCluster } from '@ground-control/nats-server';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

const DEADLINE = { timeout: 30_000, interval: 100 };

describe('a cluster of nats-servers on one machine', () => {
  let cluster: EmbeddedNatsCluster;
  let connection: NatsConnection;

  beforeAll(async () => {
    const storeDirectory = await mkdtemp(join(tmpdir(), 'ground-control-cluster-'));
    cluster = await EmbeddedNatsCluster.start({ storeDirectory });
    connection = await connect({ servers: cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    return async () => {
      await connection.close();
      await cluster.stop();
      await rm(storeDirectory, { recursive: true, force: true });
    };
  });

  async function publish(body: string): Promise<number> {
    return vi.waitFor(async () => {
      const { seq } = await jetstream(connection, { timeout: 2_000 }).publish('copies', body, {
        msgID: body,
      });
      return seq;
    }, DEADLINE);
  }

  it('keeps three copies of a stream', async () => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'COPIES', subjects: ['copies'], num_replicas: 3 });
    expect(await publish('first')).toBe(1);
    await vi.waitFor(async () => {
      const { cluster: copies } = await manager.streams.info('COPIES');
      expect(copies?.replicas?.map(({ current }) => current)).toEqual([true, true]);
    }, DEADLINE);
  });

  it('serves while a member is killed, says so, and is whole again once it is back', async () => {
    const [member] = cluster.members;
    await member?.kill();
    const seq = await publish('while one is dead');
    await expect(cluster.whenHealthy(200)).rejects.toThrow(`not healthy after 0.2 s: ${member?.url}`);
    await member?.restart();
    await cluster.whenHealthy();
    expect(await publish('after it came back')).toBe(seq + 1);
  });

  it('serves while a member is paused', async () => {
    const [member] = cluster.members;
    onTestFinished(() => member?.resume());
    const other = await connect({ servers: cluster.urls.slice(1) });
    onTestFinished(() => other.close());
    member?.pause();
    const { seq } = await vi.waitFor(
      () => jetstream(other, { timeout: 2_000 }).publish('copies', 'paused', { msgID: 'paused' }),
      DEADLINE,
    );
    expect(seq).toBeGreaterThan(1);
    member?.resume();
    await cluster.whenHealthy();
  });
});
