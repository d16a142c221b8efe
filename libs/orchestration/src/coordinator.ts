import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { OutboxEntry } from '@ground-control/engine';
import type { JournalStore, NamespaceConfig } from '@ground-control/journal';
import {
  type Assignment,
  type AssignmentKey,
  CoordinatorUnavailableError,
  type CoordinatorWire,
  type LeaderAnnouncement,
  MAX_VALUE_BYTES,
  partitionOf,
  PayloadTooLargeError,
  type RegisterWorker,
  type Reply,
  type WorkflowDefinition,
} from '@ground-control/protocol';
import type { Body, FramePeer } from '@ground-control/transport';
import type { LoggerService } from '@nestjs/common';
import { type Caller, refused } from './caller.js';
import type { ResolvedCoordinatorOptions } from './coordinator-options.js';
import { childRequest } from './courier.js';
import type { AssignmentFate, LeaderContext } from './leader-context.js';
import { QUERY_PATIENCE } from './limits.js';
import { PartitionLeader } from './partition-leader.js';
import { ReadyQueue } from './ready-queue.js';
import { WorkerRegistry } from './worker-registry.js';

/** How often leases are looked at, as a share of a lease. */
const LEASE_CHECKS = 4;

/**
 * A coordinator: leads partitions, knows the workers, and answers questions about the namespace.
 * It holds nothing that is not in the journal or told again by the workers, so it may be killed at any time.
 */
export class Coordinator {
  readonly id: string = randomUUID();
  private readonly self: CoordinatorWire;
  private readonly leaders: PartitionLeader[] = [];
  private readonly catalogue = new Map<string, WorkflowDefinition>();
  private readonly ready = new ReadyQueue();
  private readonly workers: WorkerRegistry;
  /** Called once for each partition that is led, before its first term: where it begins to listen. */
  onLeading: (partition: number) => void = () => {};
  private config: NamespaceConfig | undefined;
  private leaseTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ResolvedCoordinatorOptions,
    private readonly peer: FramePeer,
    private readonly store: JournalStore,
    private readonly logger: LoggerService,
    private readonly clock: () => number = Date.now,
  ) {
    this.self = {
      coordinatorId: this.id,
      identity: `${hostname()}:${process.pid}`,
      startedAt: clock(),
    };
    this.workers = new WorkerRegistry(options.workerLeaseMs, clock, (worker) => this.ready.offer(worker));
  }

  /** Opens the namespace and leads all of its partitions. @returns when all are served */
  async start(): Promise<void> {
    const { partitions, replicas, storage } = this.options;
    this.config = await this.store.open({ partitions, replicas, storage });
    for (const definition of await this.store.definitions()) this.catalogue.set(definition.type, definition);
    for (let partition = 0; partition < this.config.partitions; partition++) this.addLeader(partition);
    this.peer.onStatus((status) => status === 'connected' && this.announceServed());
    this.leaseTimer = setInterval(() => this.checkLeases(), this.options.workerLeaseMs / LEASE_CHECKS);
    await Promise.all(this.leaders.map((leader) => leader.start()));
  }

  /** Stops leading. Callers and workers go on with the next coordinator. */
  async stop(): Promise<void> {
    clearInterval(this.leaseTimer);
    await Promise.all(this.leaders.map((leader) => leader.stop()));
    await this.store.close();
  }

  /** Whether every partition is served. */
  get serving(): boolean {
    return this.leaders.length > 0 && this.leaders.every((leader) => leader.serving);
  }

  /** Carries out a request for a partition. It is passed over when the partition is not served here. */
  handle(partition: number, request: Body, caller: Caller): void {
    this.leaders[partition]?.handle(request, caller);
  }

  describeNamespace(): Reply {
    const { partitions } = this.config ?? this.options;
    return {
      kind: 'namespace',
      partitions,
      leaseMs: this.options.workerLeaseMs,
      maxValueBytes: MAX_VALUE_BYTES,
    };
  }

  describeCluster(): Reply {
    const { partitions, replicas, storage } = this.config ?? this.options;
    const { server_name: server = '', version = '', cluster } = this.peer.connection.info ?? {};
    return {
      kind: 'cluster',
      coordinator: this.self,
      partitions,
      replicas,
      storage,
      leaseMs: this.options.workerLeaseMs,
      nats: { server, version, cluster },
    };
  }

  listTypes(): Reply {
    return { kind: 'types', types: [...this.catalogue.values()] };
  }

  listWorkers(): Reply {
    return { kind: 'workers', workers: this.workers.list() };
  }

  /** Takes a worker in. What it serves is in the catalogue, durably, before it is told so. */
  async register(request: RegisterWorker): Promise<Reply> {
    await this.extendCatalogue(request.definitions);
    this.workers.register(request);
    this.logger.log(
      `worker ${request.identity} serves ${request.definitions.map(({ type }) => type).join(', ')}`,
    );
    return this.welcome(request.held);
  }

  heartbeat(workerId: string, held: AssignmentKey[], drains?: boolean): Reply {
    return this.workers.heartbeat(workerId, held, drains) ? this.welcome(held) : { kind: 'worker.unknown' };
  }

  leave(workerId: string): Reply {
    this.workers.remove(workerId, 'worker left');
    return { kind: 'accepted' };
  }

  private welcome(held: AssignmentKey[]): Reply {
    const lost = held.filter((key) => this.leaders[key.partition]?.isLost(key));
    return { kind: 'worker.welcome', coordinatorId: this.id, leaseMs: this.options.workerLeaseMs, lost };
  }

  private async extendCatalogue(definitions: WorkflowDefinition[]): Promise<void> {
    for (const definition of definitions) {
      const known = this.catalogue.get(definition.type);
      if (known && JSON.stringify(known) === JSON.stringify(definition)) continue;
      // oxlint-disable-next-line no-await-in-loop -- a few, once a deploy
      await this.store.saveDefinition(definition);
      this.catalogue.set(definition.type, definition);
    }
  }

  private addLeader(partition: number): void {
    const leader = new PartitionLeader({
      context: this.leaderContext(partition),
      journal: this.store.partition(partition),
      logger: this.logger,
      newEpoch: () => `${this.id}/${randomUUID()}`,
      onServing: () => this.served(partition),
    });
    this.leaders.push(leader);
    this.onLeading(partition);
  }

  private served(partition: number): void {
    this.logger.log(`partition ${partition} is served`);
    this.announce([partition]);
  }

  /** After a reconnect: replies may have been lost on the way, and their callers cannot know. */
  private announceServed(): void {
    this.announce(this.leaders.filter((leader) => leader.serving).map((leader) => leader.partition));
  }

  private announce(partitions: number[]): void {
    const announcement: LeaderAnnouncement = { kind: 'leader.elected', coordinatorId: this.id, partitions };
    this.peer.notify({ kind: 'announcements' }, announcement);
  }

  private leaderContext(partition: number): LeaderContext {
    const { self, clock, workers, ready, catalogue } = this;
    return {
      partition,
      self,
      clock,
      workers,
      ready,
      catalogue,
      send: (workerId, assignment) => this.sendAssignment(workerId, assignment),
      notify: (workerId, notice) => this.peer.notify({ kind: 'peer', peer: workerId }, notice),
      query: (workerId, query) => this.askWorker(workerId, query),
      courier: (entry) => this.deliver(entry),
    };
  }

  private async sendAssignment(workerId: string, assignment: Assignment): Promise<AssignmentFate> {
    try {
      const timeoutMs = this.options.workerLeaseMs;
      const reply = await this.peer.request({ kind: 'peer', peer: workerId }, assignment, { timeoutMs });
      return reply.kind === 'assignment.accepted' ? 'accepted' : 'refused';
    } catch (error) {
      this.logger.warn(
        `step ${assignment.step} of run ${assignment.runId} did not reach worker ${workerId}: ${String(error)}`,
      );
      if (error instanceof PayloadTooLargeError) return 'too large';
      return error instanceof CoordinatorUnavailableError ? 'unanswered' : 'refused';
    }
  }

  private async askWorker(workerId: string, query: Body): Promise<Reply | undefined> {
    const timeoutMs = this.options.workerLeaseMs * QUERY_PATIENCE;
    try {
      return (await this.peer.request({ kind: 'peer', peer: workerId }, query, { timeoutMs })) as Reply;
    } catch (error) {
      if (error instanceof CoordinatorUnavailableError) return undefined;
      return refused('QUERY_FAILED', `No worker answered the query: ${String(error)}`);
    }
  }

  private async deliver(entry: OutboxEntry): Promise<boolean> {
    const request = childRequest(entry);
    const partition = partitionOf(request.workflowId, this.config?.partitions ?? 1);
    try {
      await this.peer.request({ kind: 'partition', partition }, request, { timeoutMs: Infinity });
      return true;
    } catch (error) {
      this.logger.warn(`what is owed to workflow ${request.workflowId} was not delivered: ${String(error)}`);
      return false;
    }
  }

  private checkLeases(): void {
    for (const workerId of this.workers.expire())
      this.logger.warn(`worker ${workerId} is lost: its lease has run out`);
  }
}
