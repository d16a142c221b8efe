import type { ClusterInfo, PartitionInfo } from '@ground-control/client';

import { printable } from './printable.js';
import { headed } from './run-text.js';
import type { Styles } from './styles.js';
import { fields, table } from './table.js';
import { durationText, relativeText } from './time-text.js';

/** A namespace at length: what keeps it, who leads its partitions, and what they have to do. */
export function clusterText(cluster: ClusterInfo, styles: Styles, now: number): string {
  const { partitions, coordinators, replicas, storage, workerLeaseMs, nats } = cluster;
  const served = partitions.filter(({ leader }) => leader).length;
  const facts = fields([
    ['nats', `${nats.version} at ${[nats.server, nats.cluster].filter(Boolean).join(', cluster ')}`],
    ['streams', `${storage}, ${replicas === 1 ? '1 copy' : `${replicas} copies`}`],
    ['worker lease', durationText(workerLeaseMs)],
    [
      'partitions',
      served === partitions.length ? `${served} served` : `${served} of ${partitions.length} served`,
    ],
  ]);
  const who = coordinators.map((coordinator) => [
    coordinator.identity,
    String(partitions.filter(({ leader }) => leader?.id === coordinator.id).length),
    relativeText(coordinator.startedAt, now),
    coordinator.id,
  ]);
  return [
    facts,
    table(headed(styles, 'COORDINATOR', 'LEADS', 'STARTED', 'ID'), who),
    table(
      headed(styles, 'PARTITION', 'LEADER', 'SINCE', 'SCHEDULED', 'RUNNING', 'WAITING'),
      partitions.map((partition) => partitionRow(partition, styles, now)),
    ),
  ].join('\n\n');
}

function partitionRow(partition: PartitionInfo, styles: Styles, now: number): string[] {
  const { leader, since, error } = partition;
  const number = String(partition.partition);
  if (!leader || !since) return [number, styles.bad(`none: ${printable(error?.message ?? 'not known')}`)];
  const counts = (['scheduled', 'running', 'waiting'] as const).map((status) => activeOf(partition, status));
  return [number, leader.identity, relativeText(since, now), ...counts.map(String)];
}

/** How many runs of a partition are in a state. */
export function activeOf({ active }: PartitionInfo, status: 'scheduled' | 'running' | 'waiting'): number {
  return active.reduce((sum, count) => sum + (count.status === status ? count.runs : 0), 0);
}
