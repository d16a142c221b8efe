import {
  type AssignmentKey,
  findHandler,
  type HandlerDefinition,
  type HandlerKind,
  type RegisterWorker,
  type WorkerInfoWire,
  type WorkflowDefinition,
} from '@ground-control/protocol';

/** How many lists in a row may lack a step that its worker has shown to hold. */
export const ABSENCES = 2;

/** What a step needs of a worker. */
export interface Requirement {
  workflowType: string;
  handler: HandlerKind;
  step: string;
}

/** A step that a worker holds, as its leader knows it. */
export interface HeldStep {
  key: AssignmentKey;
  /** The worker has shown that it received the step; before that its absence from a heartbeat says nothing. */
  confirmed: boolean;
  /**
   * How many lists in a row may lack the step before it is taken to be lost. One list may have been written before
   * the step arrived and be read after the worker's first record of it; two are a heartbeat apart.
   */
  absencesLeft: number;
  /** Takes the step from the worker: its leader makes another attempt. */
  release: (reason: string) => void;
}

/** A worker as the coordinator knows it; `registered` is false while it is only known from the journal. */
export interface Worker {
  readonly id: string;
  identity: string;
  /** How many steps it runs at once. */
  capacity: number;
  /** How many of them are this coordinator's to give: all, unless other coordinators lead partitions too. */
  share: number;
  /** It was told that more steps wait for it than its share lets it have. */
  wanted: boolean;
  /** How many steps it listed last that other coordinators gave it. */
  elsewhere: number;
  definitions: Map<string, WorkflowDefinition>;
  /** Held steps by run id: a worker never holds two steps of one run. */
  readonly held: Map<string, HeldStep>;
  registered: boolean;
  /** It refused a step; nothing is assigned to it until its next heartbeat. */
  suspended: boolean;
  /** It shuts down: nothing is assigned to it any more. */
  drains: boolean;
  lastSeenAt: number;
}

/**
 * The workers that are live, what they serve and what they hold.
 *
 * 1. A worker that is not heard of for a lease, or has left, holds nothing: its steps are released.
 * 2. A step that a worker has shown to hold and then no longer lists is released.
 * 3. No worker holds more steps than its share by our decision. The worker says what the share is: those of all
 *    coordinators together are its capacity.
 */
export class WorkerRegistry {
  private readonly workers = new Map<string, Worker>();
  private rotation: Worker[] = [];

  constructor(
    private readonly leaseMs: number,
    private readonly clock: () => number,
    private readonly onCapacity: (worker: Worker) => void,
    private readonly onWanted: (worker: Worker) => void = () => {},
  ) {}

  /** Takes a worker in, or takes notice of what it serves and holds now. */
  register(request: RegisterWorker, share: number = request.capacity): void {
    const worker = this.obtain(request.workerId);
    worker.identity = request.identity;
    worker.capacity = request.capacity;
    worker.share = share;
    worker.definitions = new Map(request.definitions.map((definition) => [definition.type, definition]));
    worker.registered = true;
    this.rotation = [...this.workers.values()].filter((candidate) => candidate.registered);
    this.seen(worker, request.held);
  }

  /** @returns false when the worker is not known and must register */
  heartbeat(workerId: string, held: AssignmentKey[], drains = false, share?: number): boolean {
    const worker = this.workers.get(workerId);
    if (!worker?.registered) return false;
    worker.drains = drains;
    worker.share = share ?? worker.share;
    this.seen(worker, held);
    return true;
  }

  /** The worker takes no more steps; what it holds goes to others (1). */
  remove(workerId: string, reason: string): void {
    const worker = this.workers.get(workerId);
    if (!worker) return;
    this.workers.delete(workerId);
    this.rotation = this.rotation.filter((candidate) => candidate !== worker);
    for (const step of worker.held.values()) step.release(reason);
  }

  /** Removes the workers whose lease has run out (1). */
  expire(): string[] {
    const now = this.clock();
    // A clock that was put back must not make a lease longer by as much.
    for (const worker of this.workers.values()) worker.lastSeenAt = Math.min(worker.lastSeenAt, now);
    const lost = [...this.workers.values()]
      .filter((worker) => worker.lastSeenAt < now - this.leaseMs)
      .map((worker) => worker.id);
    for (const workerId of lost) this.remove(workerId, 'worker lost');
    return lost;
  }

  /**
   * A worker that serves the step and has room (3), in turn.
   */
  pick(requirement: Requirement): Worker | undefined {
    for (let tries = this.rotation.length; tries > 0; tries--) {
      const worker = this.rotation.shift();
      if (!worker) return undefined;
      this.rotation.push(worker);
      if (hasRoom(worker) && serves(worker, requirement)) return worker;
    }
    return undefined;
  }

  /** Whether a live worker has the step, with room for it or not. */
  isServed(requirement: Requirement): boolean {
    return this.rotation.some((worker) => !worker.drains && serves(worker, requirement));
  }

  /** The worker that holds this run's step, if it may go on with another step of the run in the same place (3). */
  holder(workerId: string, runId: string, requirement: Requirement): Worker | undefined {
    const worker = this.workers.get(workerId);
    if (!worker || !isOpen(worker) || !worker.held.has(runId)) return undefined;
    return serves(worker, requirement) ? worker : undefined;
  }

  /** Notes that a worker holds a step. A worker only known from the journal has a lease's time to come back. */
  hold(workerId: string, step: HeldStep): void {
    this.obtain(workerId).held.set(step.key.runId, step);
  }

  /** The worker showed that it received this run's step. */
  confirm(workerId: string, runId: string): void {
    const step = this.workers.get(workerId)?.held.get(runId);
    if (step) confirmHeld(step);
  }

  /** Notes that a worker no longer holds a run's step, and offers the room to others unless it is used at once. */
  drop(workerId: string, runId: string): void {
    const worker = this.workers.get(workerId);
    if (!worker?.held.delete(runId)) return;
    if (hasRoom(worker)) this.onCapacity(worker);
  }

  /** The worker gives this coordinator another share. @returns how many steps it holds, which may be more */
  setShare(workerId: string, share: number): number {
    const worker = this.workers.get(workerId);
    if (!worker) return 0;
    worker.share = share;
    worker.wanted = false;
    if (hasRoom(worker)) this.onCapacity(worker);
    return worker.held.size;
  }

  /** Tells the workers that could take such a step, but whose share is used up, that they are wanted. */
  want(requirement: Requirement): void {
    for (const worker of this.rotation) {
      if (worker.wanted || worker.share >= worker.capacity) continue;
      if (!isOpen(worker) || hasRoom(worker) || !serves(worker, requirement)) continue;
      worker.wanted = true;
      this.onWanted(worker);
    }
  }

  /** Leaves the room that a partition's steps take to the coordinator that leads it from now on, until workers say more. */
  cede(partition: number): void {
    for (const worker of this.workers.values()) {
      const ceded = [...worker.held.values()].filter(({ key }) => key.partition === partition).length;
      worker.share = Math.max(0, worker.share - ceded);
    }
  }

  /** Forgets what is held of a partition, which is recovering and will say it anew. */
  dropPartition(partition: number): void {
    for (const worker of this.workers.values()) {
      for (const [runId, step] of worker.held) {
        if (step.key.partition === partition) worker.held.delete(runId);
      }
    }
  }

  /** Takes no notice of a worker until its next heartbeat: it refused a step. */
  suspend(workerId: string): void {
    const worker = this.workers.get(workerId);
    if (worker) worker.suspended = true;
  }

  /** What the live workers say of a type: those of two versions differ. */
  definitions(workflowType: string): WorkflowDefinition[] {
    return this.rotation.flatMap((worker) => worker.definitions.get(workflowType) ?? []);
  }

  /** A live worker that answers a query of a type: the one heard of last among those that were not `asked`, if any. */
  forQuery(workflowType: string, query: string, asked: ReadonlySet<string>): Worker | undefined {
    const able = this.rotation.filter((worker) =>
      worker.definitions.get(workflowType)?.queries.includes(query),
    );
    const fresh = able.filter((worker) => !asked.has(worker.id));
    return (fresh.length > 0 ? fresh : able).toSorted((a, b) => b.lastSeenAt - a.lastSeenAt)[0];
  }

  find(workerId: string): Worker | undefined {
    return this.workers.get(workerId);
  }

  list(): WorkerInfoWire[] {
    return this.rotation.map((worker) => ({
      workerId: worker.id,
      identity: worker.identity,
      capacity: worker.capacity,
      running: worker.held.size + worker.elsewhere,
      types: [...worker.definitions.keys()],
      lastSeenAt: worker.lastSeenAt,
    }));
  }

  private obtain(workerId: string): Worker {
    const known = this.workers.get(workerId);
    if (known) return known;
    const worker: Worker = {
      id: workerId,
      identity: workerId,
      capacity: 0,
      share: 0,
      wanted: false,
      elsewhere: 0,
      definitions: new Map(),
      held: new Map(),
      registered: false,
      suspended: false,
      drains: false,
      lastSeenAt: this.clock(),
    };
    this.workers.set(workerId, worker);
    return worker;
  }

  private seen(worker: Worker, listed: AssignmentKey[]): void {
    worker.lastSeenAt = this.clock();
    worker.suspended = false;
    worker.wanted = false;
    const listedRuns = new Map(listed.map((key) => [key.runId, key]));
    worker.elsewhere = listed.filter(({ runId }) => !worker.held.has(runId)).length;
    for (const [runId, step] of worker.held) {
      if (isSameStep(listedRuns.get(runId), step.key)) confirmHeld(step);
      else if (step.confirmed && --step.absencesLeft <= 0) step.release('worker does not hold it');
    }
    if (hasRoom(worker)) this.onCapacity(worker);
  }
}

function confirmHeld(step: HeldStep): void {
  step.confirmed = true;
  step.absencesLeft = ABSENCES;
}

/** What a worker's definition says of a step. */
export function handlerOf(worker: Worker, requirement: Requirement): HandlerDefinition | undefined {
  const definition = worker.definitions.get(requirement.workflowType);
  return definition && findHandler(definition, requirement.handler, requirement.step);
}

/** Whether a worker takes another step. */
export function hasRoom(worker: Worker): boolean {
  return isOpen(worker) && worker.held.size < worker.share;
}

/** Whether a worker takes steps at all. */
function isOpen(worker: Worker): boolean {
  return worker.registered && !worker.suspended && !worker.drains;
}

function serves(worker: Worker, requirement: Requirement): boolean {
  return handlerOf(worker, requirement) !== undefined;
}

function isSameStep(listed: AssignmentKey | undefined, key: AssignmentKey): boolean {
  return listed !== undefined && listed.stepSeq === key.stepSeq && listed.attempt === key.attempt;
}
