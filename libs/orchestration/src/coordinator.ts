import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { OutboxEntry } from '@ground-control/engine';
import type { JournalStore, NamespaceConfig } from '@ground-control/journal';
import {
  type Assignment,
  CoordinatorUnavailableError,
  type CoordinatorsChanged,
  type CoordinatorWire,
  type LeaderAnnouncement,
  MAX_VALUE_BYTES,
  partitionOf,
  PayloadTooLargeError,
  type RegisterWorker,
  type Reply,
  type ShareRoom,
  type WorkerHeartbeat,
  type WorkerInfoWire,
  type WorkflowDefinition,
} from '@ground-control/protocol';
import type { Body, FramePeer } from '@ground-control/transport';
import type { LoggerService } from '@nestjs/common';
import { type Caller, refused } from './caller.js';
import type { ResolvedCoordinatorOptions } from './coordinator-options.js';
import { childRequests } from './courier.js';
import type { AssignmentFate, LeaderContext } from './leader-context.js';
import { Election } from './election/election.js';
import { QUERY_PATIENCE } from './limits.js';
import { PartitionLeader } from './partition-leader.js';
import { CoordinatorMetrics } from './metrics/coordinator-metrics.js';
import { PartitionLeaders } from './partition-leaders.js';
import { ReadyQueue } from './ready-queue.js';
import { WorkerReception } from './worker-reception.js';
import { WorkerRegistry } from './worker-registry.js';

const CHANGED: CoordinatorsChanged = { kind: 'coordinators.changed' };

/** How often leases are looked at, as a share of a lease. */
const LEASE_CHECKS = 4;

/**
 * A coordinator: leads partitions, knows the workers, and answers questions about the namespace.
 * It holds nothing that is not in the journal or told again by the workers, so it may be killed at any time.
 */
export class Coordinator {
  readonly id: string;
  private readonly self: CoordinatorWire;
  private readonly leaders: PartitionLeaders;
  private readonly catalogue = new Map<string, WorkflowDefinition>();
  private readonly ready = new ReadyQueue();
  private readonly workers: WorkerRegistry;
  private readonly reception: WorkerReception;
  private readonly metrics = new CoordinatorMetrics();
  /** Called for each partition that is led, before its first term: where it begins to listen, and what ends that. */
  onLeading: (partition: number) => () => void = () => () => {};
  private config: NamespaceConfig | undefined;
  private election: Election | undefined;
  private leaseTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ResolvedCoordinatorOptions,
    private readonly peer: FramePeer,
    private readonly store: JournalStore,
    private readonly logger: LoggerService,
    private readonly clock: () => number = Date.now,
  ) {
    this.id = options.coordinatorId ?? randomUUID();
    this.self = {
      coordinatorId: this.id,
      identity: `${hostname()}:${process.pid}`,
      startedAt: clock(),
    };
    this.workers = new WorkerRegistry(
      options.workerLeaseMs,
      clock,
      (worker) => this.ready.offer(worker),
      (worker) => this.reception.wanted(worker),
    );
    this.reception = this.newReception();
    this.leaders = new PartitionLeaders({
      newLeader: (partition, epoch) => this.newLeader(partition, epoch),
      listen: (partition) => this.onLeading(partition),
      beforeYield: (partition) => this.workers.cede(partition),
    });
  }

  /**
   * Opens the namespace and leads its share of the partitions.
   *
   * @returns when every partition has a leader, and those that are led here are served
   */
  async start(): Promise<void> {
    const { partitions, replicas, storage } = this.options;
    this.config = await this.store.open({ partitions, replicas, storage });
    for (const definition of await this.store.definitions()) this.catalogue.set(definition.type, definition);
    this.peer.onStatus((status) => status === 'connected' && this.announceServed());
    this.leaseTimer = setInterval(() => this.checkLeases(), this.options.workerLeaseMs / LEASE_CHECKS);
    this.election = this.newElection(this.config);
    this.metrics.observe(this);
    await this.election.start();
    await this.leaders.whenServed();
  }

  /** Stops leading, and hands over to the other coordinators. Callers and workers go on with the next leaders. */
  async stop(): Promise<void> {
    clearInterval(this.leaseTimer);
    await this.election?.stop();
    await this.store.close();
  }

  /** Whether it is one of the coordinators, as far as clocks can tell. */
  get isMember(): boolean {
    return this.leads();
  }

  /** The partitions that are this coordinator's to lead. */
  get led(): number[] {
    return this.leaders.all;
  }

  /** Those of them that it serves. */
  get served(): number[] {
    return this.leaders.serving;
  }

  /** Why it does not serve the others: they cannot be recovered, or are in quarantine. */
  get troubles(): { partition: number; reason: string }[] {
    return this.leaders.troubles;
  }

  get leases(): number {
    return this.leaders.all.length;
  }

  get serving(): number {
    return this.leaders.serving.length;
  }

  get waitingSteps(): number {
    return this.ready.size;
  }

  get oldestWaitMs(): number {
    return this.ready.oldestWaitMs;
  }

  get liveWorkers(): WorkerInfoWire[] {
    return this.workers.list();
  }

  /** Carries out a request for a partition. It is passed over when the partition is not served here. */
  handle(partition: number, request: Body, caller: Caller): void {
    this.leaders.get(partition)?.handle(request, caller);
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

  /** @returns undefined while others may know more */
  listTypes(): Reply | undefined {
    return this.leads() ? { kind: 'types', types: [...this.catalogue.values()] } : undefined;
  }

  /** @returns undefined while others may know more */
  listWorkers(): Reply | undefined {
    return this.leads() ? { kind: 'workers', workers: this.workers.list() } : undefined;
  }

  register(request: RegisterWorker): Promise<Reply> {
    return this.reception.register(request);
  }

  heartbeat(request: WorkerHeartbeat): Reply {
    return this.reception.heartbeat(request);
  }

  shareRoom({ workerId, steps }: ShareRoom): Reply {
    return this.reception.shareRoom(workerId, steps);
  }

  leave(workerId: string): Reply {
    return this.reception.leave(workerId);
  }

  private leads(): boolean {
    return this.election?.valid ?? false;
  }

  private newElection({ partitions }: NamespaceConfig): Election {
    const { id, leaders, logger, peer } = this;
    const { identity, startedAt } = this.self;
    const election = new Election({
      table: this.store.sharedTable(),
      partitions,
      leaseMs: this.options.coordinatorLeaseMs,
      self: { id, peer: peer.id, identity, startedAt },
      logger,
      candidate: {
        lead: (partition, epoch) => leaders.lead(partition, epoch),
        yield: (partition) => leaders.yield(partition),
        changed: () => peer.notify({ kind: 'announcements' }, CHANGED),
      },
    });
    peer.onAnnouncement((body, from) => {
      if (body.kind === CHANGED.kind && from !== peer.id) election.wake();
    });
    return election;
  }

  private newReception(): WorkerReception {
    const { workers, ready, catalogue, store, logger, peer, id: coordinatorId } = this;
    return new WorkerReception({
      coordinatorId,
      self: peer.id,
      leaseMs: this.options.workerLeaseMs,
      workers,
      ready,
      catalogue,
      store,
      logger,
      coordinators: () => this.election?.members.map((member) => member.peer) ?? [],
      isLost: (key) => this.leads() && (this.leaders.get(key.partition)?.isLost(key) ?? false),
      notify: (workerId, notice) => peer.notify({ kind: 'peer', peer: workerId }, notice),
    });
  }

  private newLeader(partition: number, epoch: number): PartitionLeader {
    return new PartitionLeader({
      context: this.leaderContext(partition),
      storage: {
        journal: this.metrics.measure(this.store.partition(partition), partition),
        records: (kind) => this.store.records(kind, partition),
      },
      logger: this.logger,
      newEpoch: () => `${this.id}/${epoch}/${randomUUID()}`,
      onServing: () => this.onServed(partition),
    });
  }

  private onServed(partition: number): void {
    this.logger.log(`partition ${partition} is served`);
    this.announce([partition]);
  }

  /** After a reconnect: replies may have been lost on the way, and their callers cannot know. */
  private announceServed(): void {
    this.announce(this.leaders.serving);
  }

  private announce(partitions: number[]): void {
    const announcement: LeaderAnnouncement = { kind: 'leader.elected', coordinatorId: this.id, partitions };
    this.peer.notify({ kind: 'announcements' }, announcement);
  }

  private async learn(workflowType: string): Promise<boolean> {
    const definition = await this.store.definition(workflowType);
    if (definition) this.catalogue.set(workflowType, definition);
    return definition !== undefined;
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
      leads: () => this.leads(),
      learn: (workflowType) => this.learn(workflowType),
      policy: this.options.checkpoints,
      warn: (message) => this.logger.warn(`partition ${partition}: ${message}`),
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
    for (const request of childRequests(entry)) {
      const partition = partitionOf(request.workflowId, this.config?.partitions ?? 1);
      try {
        await this.peer.request({ kind: 'partition', partition }, request, { timeoutMs: Infinity });
      } catch (error) {
        this.logger.warn(
          `what is owed to workflow ${request.workflowId} was not delivered: ${String(error)}`,
        );
        return false;
      }
    }
    return true;
  }

  private checkLeases(): void {
    for (const workerId of this.workers.expire())
      this.logger.warn(`worker ${workerId} is lost: its lease has run out`);
  }
}
