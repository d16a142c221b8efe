import type { JournalStore } from '@ground-control/journal';
import {
  type AssignmentKey,
  evenShares,
  type RegisterWorker,
  type Reply,
  type WorkerHeartbeat,
  type WorkerNotice,
  type WorkerShares,
  type WorkflowDefinition,
} from '@ground-control/protocol';
import type { Body } from '@ground-control/transport';
import type { LoggerService } from '@nestjs/common';
import type { ReadyQueue } from './ready-queue.js';
import type { Worker, WorkerRegistry } from './worker-registry.js';

/** What the reception has of the coordinator around it. */
export interface ReceptionParts {
  coordinatorId: string;
  /** The id of the coordinator's peer. */
  self: string;
  leaseMs: number;
  workers: WorkerRegistry;
  ready: ReadyQueue;
  catalogue: Map<string, WorkflowDefinition>;
  store: JournalStore;
  logger: LoggerService;
  /** The peers of the live coordinators. */
  coordinators(): string[];
  /** Whether a worker has lost a step of a partition that is led here. */
  isLost(key: AssignmentKey): boolean;
  notify(workerId: string, notice: Body): void;
}

/**
 * Where workers register and prove that they live. Each message of theirs reaches every coordinator, and only one
 * answer reaches the worker: what the others have to say they say with a notice.
 */
export class WorkerReception {
  constructor(private readonly parts: ReceptionParts) {}

  /** Takes a worker in. What it serves is in the catalogue, durably, before it is told so. */
  async register(request: RegisterWorker): Promise<Reply> {
    await this.extendCatalogue(request.definitions);
    const { workers, logger } = this.parts;
    workers.register(request, this.shareOf(request.capacity, request.shares));
    const types = request.definitions.map(({ type }) => type).join(', ');
    logger.log(`worker ${request.identity} serves ${types}`);
    return this.welcome(request.workerId, request.held);
  }

  heartbeat({ workerId, held, drains, shares }: WorkerHeartbeat): Reply {
    const { workers, self } = this.parts;
    if (workers.heartbeat(workerId, held, drains, shares && (shares[self] ?? 0)))
      return this.welcome(workerId, held);
    this.tell(workerId, 'worker.unknown');
    return { kind: 'worker.unknown' };
  }

  shareRoom(workerId: string, steps: number): Reply {
    return { kind: 'worker.shared', holds: this.parts.workers.setShare(workerId, steps) };
  }

  leave(workerId: string): Reply {
    this.parts.workers.remove(workerId, 'worker left');
    return { kind: 'accepted' };
  }

  /** Asks a worker for a larger share. */
  wanted(worker: Worker): void {
    this.tell(worker.id, 'worker.wanted');
  }

  private welcome(workerId: string, held: AssignmentKey[]): Reply {
    const { coordinatorId, leaseMs, isLost } = this.parts;
    const coordinators = this.parts.coordinators();
    const lost = held.filter((key) => isLost(key));
    if (coordinators.length > 1) this.tellLost(workerId, lost);
    this.wantMore(workerId);
    return { kind: 'worker.welcome', coordinatorId, leaseMs, lost, coordinators };
  }

  private tellLost(workerId: string, lost: AssignmentKey[]): void {
    const reason = 'The coordinator gave the step to another worker.';
    for (const key of lost) this.parts.notify(workerId, { kind: 'step.abort', ...key, reason } as Body);
  }

  private wantMore(workerId: string): void {
    const { workers, ready } = this.parts;
    const worker = workers.find(workerId);
    const waiting = worker && ready.waitingFor(worker);
    if (waiting) workers.want(waiting);
  }

  /** Without a word from the worker, each coordinator takes an even share. */
  private shareOf(capacity: number, shares: WorkerShares | undefined): number {
    const { self } = this.parts;
    if (shares) return shares[self] ?? 0;
    const coordinators = this.parts.coordinators();
    return coordinators.includes(self) ? (evenShares(capacity, coordinators)[self] ?? 0) : capacity;
  }

  private tell(workerId: string, kind: WorkerNotice['kind']): void {
    this.parts.notify(workerId, { kind });
  }

  private async extendCatalogue(definitions: WorkflowDefinition[]): Promise<void> {
    const { catalogue, store } = this.parts;
    for (const definition of definitions) {
      const known = catalogue.get(definition.type);
      if (known && JSON.stringify(known) === JSON.stringify(definition)) continue;
      // oxlint-disable-next-line no-await-in-loop -- a few, once a deploy
      await store.saveDefinition(definition);
      catalogue.set(definition.type, definition);
    }
  }
}
