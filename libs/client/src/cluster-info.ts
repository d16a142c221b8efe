import {
  type ActiveRuns,
  type ClusterDescription,
  type CoordinatorWire,
  type DescribePartition,
  type Duration,
  GroundControlError,
  type PartitionDescription,
  toMilliseconds,
} from '@ground-control/protocol';

import type { CoordinatorLink } from './coordinator-link.js';

/** A coordinator's process. */
export interface CoordinatorInfo {
  id: string;
  /** What operators know it by: host and process id. */
  identity: string;
  startedAt: Date;
}

/** How many runs of a type are in a state; only those that have not ended. */
export type ActiveRunsInfo = ActiveRuns;

/** A partition, and who leads it. */
export interface PartitionInfo {
  partition: number;
  /** Absent while nobody leads it, or its leader does not answer. */
  leader?: CoordinatorInfo;
  /** Since when it is led without a break. */
  since?: Date;
  active: ActiveRunsInfo[];
  /** Why nothing is known of it. */
  error?: { code: string; message: string };
}

/** A namespace as its coordinators keep it. */
export interface ClusterInfo {
  /** Those that were heard of: the leaders of partitions, and the one that answered first. */
  coordinators: CoordinatorInfo[];
  /** In the order of their numbers. */
  partitions: PartitionInfo[];
  /** Copies that NATS keeps of each stream. */
  replicas: number;
  storage: 'file' | 'memory';
  /** How long a worker may be silent before its steps go to another, in milliseconds. */
  workerLeaseMs: number;
  /** The NATS server that the coordinator is connected to which answered first. */
  nats: { server: string; version: string; cluster?: string };
}

export interface ClusterOptions {
  /** How long to wait for the leader of a partition. @defaultValue '2s' */
  timeout?: Duration | undefined;
}

const DEFAULT_PATIENCE_MS = 2_000;

/** @throws CoordinatorUnavailableError when no coordinator answers at all */
export async function describeCluster(link: CoordinatorLink, options: ClusterOptions): Promise<ClusterInfo> {
  const timeoutMs = toMilliseconds(options.timeout ?? DEFAULT_PATIENCE_MS, 'timeout');
  const cluster = await link.askAny({ kind: 'cluster.describe' });
  const asked = await link.settleEach<DescribePartition>(() => ({ kind: 'partition.describe' }), {
    timeoutMs,
  });
  const partitions = asked.map((result, partition) => partitionInfo(partition, result));
  return { ...clusterInfo(cluster, partitions), partitions };
}

function clusterInfo(
  { coordinator, replicas, storage, leaseMs, nats }: ClusterDescription,
  partitions: readonly PartitionInfo[],
): Omit<ClusterInfo, 'partitions'> {
  const heardOf = [coordinatorInfo(coordinator), ...partitions.flatMap(({ leader }) => leader ?? [])];
  const coordinators = [...new Map(heardOf.map((one) => [one.id, one])).values()];
  const { cluster, ...server } = nats;
  return {
    coordinators: coordinators.toSorted((a, b) => a.identity.localeCompare(b.identity)),
    replicas,
    storage,
    workerLeaseMs: leaseMs,
    nats: { ...server, ...(cluster !== undefined && { cluster }) },
  };
}

function partitionInfo(partition: number, result: PromiseSettledResult<PartitionDescription>): PartitionInfo {
  if (result.status === 'rejected') return { partition, active: [], error: errorInfo(result.reason) };
  const { leader, since, active } = result.value;
  return { partition, leader: coordinatorInfo(leader), since: new Date(since), active };
}

function coordinatorInfo({ coordinatorId, identity, startedAt }: CoordinatorWire): CoordinatorInfo {
  return { id: coordinatorId, identity, startedAt: new Date(startedAt) };
}

function errorInfo(error: unknown): { code: string; message: string } {
  if (error instanceof GroundControlError) return { code: error.code, message: error.message };
  throw error;
}
