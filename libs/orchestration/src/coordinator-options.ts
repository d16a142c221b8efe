import type { Duration } from '@ground-control/protocol';
import type { CheckpointPolicy } from './checkpoint-policy.js';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

/** How a coordinator connects and serves. */
export interface CoordinatorOptions {
  /** The NATS servers. @defaultValue GROUND_CONTROL_SERVERS, then `nats://127.0.0.1:4222` */
  servers?: string | string[] | undefined;
  /** @defaultValue GROUND_CONTROL_NAMESPACE, then `default` */
  namespace?: string | undefined;
  /** Passed to the NATS client: token, user, creds, nkey, tls. */
  connection?: NodeConnectionOptions | undefined;
  /** Partitions of the namespace, fixed when it is created. @defaultValue 4 */
  partitions?: number | undefined;
  /** Copies that NATS keeps of each stream: 1, or 3 with a cluster of servers. @defaultValue 1 */
  replicas?: number | undefined;
  /** Where NATS keeps the streams. `memory` loses everything with the server: for trials alone. @defaultValue 'file' */
  storage?: 'file' | 'memory' | undefined;
  /** How long a worker may be silent before its steps go to another. @defaultValue '15s' */
  workerLease?: Duration | undefined;
  /**
   * What the other coordinators know this one by: 1 to 128 letters, digits, `_` or `-`. A process that starts under the
   * id of an earlier one takes its place at once: give one only where no two processes can have it at a time, such as
   * the name of a pod of a StatefulSet. @defaultValue a random UUID, new for each start
   */
  coordinatorId?: string | undefined;
  /** How long a coordinator may be silent before others lead its partitions. @defaultValue '3s' */
  coordinatorLease?: Duration | undefined;
  /** When checkpoints are made of the runs, and the journals purged. */
  checkpoints?: CheckpointOptions | undefined;
  /** How long runs are kept after they ended, where their type does not say otherwise. @defaultValue '30d' */
  retention?: Duration | undefined;
}

/** {@link CheckpointPolicy} as it is configured. */
export interface CheckpointOptions {
  /** How often a checkpoint is made, and how old a run is that gets one. @defaultValue '10s' */
  interval?: Duration | undefined;
  /**
   * How long after a checkpoint the journal is purged of what it has. NATS takes up to two minutes to write to its disk
   * what checkpoints consist of. @defaultValue '5m'
   */
  purgeDelay?: Duration | undefined;
  /** How long a run waits, with nothing to do for as long again, until it is evicted from memory. @defaultValue '30s' */
  idleAfter?: Duration | undefined;
}

/** {@link CoordinatorOptions} with everything filled in. */
export interface ResolvedCoordinatorOptions {
  partitions: number;
  replicas: number;
  storage: 'file' | 'memory';
  workerLeaseMs: number;
  coordinatorId: string | undefined;
  coordinatorLeaseMs: number;
  checkpoints: CheckpointPolicy;
}

/** The injection token of the {@link ResolvedCoordinatorOptions}. */
export const COORDINATOR_OPTIONS: unique symbol = Symbol('ground-control.coordinator-options');
/** The injection token of the application's transport strategy. */
export const COORDINATOR_STRATEGY: unique symbol = Symbol('ground-control.coordinator-strategy');
