import { CoordinatorUnavailableError, type Reply, ValueCodec } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';

import type { ClusterInfo } from './cluster-info.js';
import { CoordinatorLink } from './coordinator-link.js';
import { GroundControlClient } from './ground-control.client.js';
import { ScriptedPort } from './scripted-port.fixture.js';

const values = new ValueCodec();
const first = { coordinatorId: 'c1', identity: 'host-a:1', startedAt: 1 };
const second = { coordinatorId: 'c2', identity: 'host-b:2', startedAt: 2 };

function clusterOf(port: ScriptedPort): Promise<ClusterInfo> {
  port.answer('cluster.describe', () => ({
    kind: 'cluster',
    coordinator: second,
    partitions: 3,
    replicas: 3,
    storage: 'file',
    leaseMs: 15_000,
    nats: { server: 'n1', version: '2.15.1', cluster: undefined },
  }));
  const link = new CoordinatorLink(port, values, { requestTimeoutMs: 1_000 });
  return new GroundControlClient(link, values).cluster({ timeout: 20 });
}

function led(partition: number): Reply {
  const active = [{ type: 'T', status: 'waiting', runs: 4 } as const];
  return { kind: 'partition', partition, leader: partition === 0 ? first : second, since: 5, active };
}

describe('GroundControlClient.cluster', () => {
  it('asks each leader, and lists every coordinator that was heard of once', async () => {
    const port = new ScriptedPort(3).answer('partition.describe', ({ to }) =>
      led(to.kind === 'partition' ? to.partition : -1),
    );
    const cluster = await clusterOf(port);
    expect(cluster.coordinators.map(({ id }) => id)).toEqual(['c1', 'c2']);
    expect(cluster.partitions.map(({ leader }) => leader?.id)).toEqual(['c1', 'c2', 'c2']);
    expect(cluster.partitions[0]).toMatchObject({ since: new Date(5), active: [{ type: 'T', runs: 4 }] });
    expect(cluster.nats).toEqual({ server: 'n1', version: '2.15.1' });
  });

  it('has an error in the place of a leader that does not answer, or refuses', async () => {
    const port = new ScriptedPort(3).answer('partition.describe', ({ to }) => {
      if (to.kind !== 'partition' || to.partition === 0) return led(0);
      if (to.partition === 1) throw new CoordinatorUnavailableError('nobody listens there');
      return { kind: 'error', code: 'JOURNAL_CORRUPT', message: 'it is not whole' };
    });
    const { partitions } = await clusterOf(port);
    expect(partitions.map(({ leader, error }) => leader?.id ?? error?.code)).toEqual([
      'c1',
      'COORDINATOR_UNAVAILABLE',
      'JOURNAL_CORRUPT',
    ]);
  });
});
