import { DEFAULT_PARTITIONS, InvalidInputError, toMilliseconds } from '@ground-control/protocol';
import {
  connectionFromEnvironment,
  FrameServer,
  GroundControlExceptionFilter,
} from '@ground-control/transport';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { NamespaceController, RunsController } from './coordinator.controller.js';
import { CoordinatorHost } from './coordinator.host.js';
import {
  COORDINATOR_OPTIONS,
  COORDINATOR_STRATEGY,
  type CoordinatorOptions,
  type ResolvedCoordinatorOptions,
} from './coordinator-options.js';
import { type CheckpointPolicy, DEFAULT_CHECKPOINT_POLICY } from './checkpoint-policy.js';
import { DEFAULT_COORDINATOR_LEASE_MS, DEFAULT_LEASE_MS } from './limits.js';

/** The options of {@link CoordinatorModule}: those of the coordinator, and the strategy that its application uses. */
export interface CoordinatorModuleOptions extends CoordinatorOptions {
  /** The application's transport, made by {@link coordinatorStrategy}. */
  strategy: FrameServer;
}

/**
 * The coordinator as a Nest module.
 *
 * @example
 * ```ts
 * const strategy = coordinatorStrategy({ servers });
 * const app = await NestFactory.createMicroservice(CoordinatorModule.forRoot({ servers, strategy }), { strategy });
 * app.enableShutdownHooks();
 * await app.listen();   // every partition is served
 * ```
 */
@Module({})
export class CoordinatorModule {
  /** @throws InvalidInputError for an option that cannot be read */
  static forRoot(options: CoordinatorModuleOptions): DynamicModule {
    return {
      module: CoordinatorModule,
      controllers: [NamespaceController, RunsController],
      providers: [
        { provide: COORDINATOR_OPTIONS, useValue: resolveOptions(options) },
        { provide: COORDINATOR_STRATEGY, useValue: options.strategy },
        { provide: APP_FILTER, useClass: GroundControlExceptionFilter },
        CoordinatorHost,
      ],
      exports: [CoordinatorHost],
    };
  }
}

/** The transport of a coordinator's application: frames over NATS, listening where every coordinator is asked. */
export function coordinatorStrategy(
  options: Pick<CoordinatorOptions, 'servers' | 'namespace' | 'connection'>,
): FrameServer {
  const { servers = process.env['GROUND_CONTROL_SERVERS']?.split(','), connection } = options;
  const namespace = options.namespace ?? process.env['GROUND_CONTROL_NAMESPACE'];
  return new FrameServer({
    role: 'coordinator',
    servers,
    namespace,
    connection: connection ?? connectionFromEnvironment(process.env),
    name: 'ground-control coordinator',
    copyValues: true,
  });
}

function resolveOptions(options: CoordinatorOptions): ResolvedCoordinatorOptions {
  return {
    partitions: options.partitions ?? DEFAULT_PARTITIONS,
    replicas: options.replicas ?? 1,
    storage: options.storage ?? 'file',
    workerLeaseMs: toMilliseconds(options.workerLease ?? DEFAULT_LEASE_MS, 'workerLease'),
    coordinatorId: assertCoordinatorId(options.coordinatorId),
    coordinatorLeaseMs: toMilliseconds(
      options.coordinatorLease ?? DEFAULT_COORDINATOR_LEASE_MS,
      'coordinatorLease',
    ),
    checkpoints: resolvePolicy(options),
  };
}

function resolvePolicy({ checkpoints = {}, retention }: CoordinatorOptions): CheckpointPolicy {
  const { intervalMs, purgeDelayMs, idleAfterMs, retentionMs } = DEFAULT_CHECKPOINT_POLICY;
  const { interval, purgeDelay, idleAfter } = checkpoints;
  return {
    intervalMs: toMilliseconds(interval ?? intervalMs, 'checkpoints.interval'),
    purgeDelayMs: toMilliseconds(purgeDelay ?? purgeDelayMs, 'checkpoints.purgeDelay'),
    idleAfterMs: toMilliseconds(idleAfter ?? idleAfterMs, 'checkpoints.idleAfter'),
    retentionMs: toMilliseconds(retention ?? retentionMs, 'retention'),
  };
}

function assertCoordinatorId(id: string | undefined): string | undefined {
  if (id === undefined || /^[A-Za-z0-9_-]{1,128}$/.test(id)) return id;
  throw new InvalidInputError(
    `coordinatorId ${JSON.stringify(id)}: use 1 to 128 letters, digits, "_" or "-".`,
  );
}
