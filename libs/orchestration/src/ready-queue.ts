import { handlerOf, hasRoom, type Requirement, type Worker } from './worker-registry.js';

interface ReadyStep {
  requirement: Requirement;
  /** Tries to assign the step to this worker. @returns false when it no longer waits */
  assign: (worker: Worker) => boolean;
}

interface WaitingStep extends ReadyStep {
  /** By the monotonic clock, in milliseconds. */
  since: number;
}

/** Steps that wait for a worker with room, first come first served among those that need the same of a worker. */
export class ReadyQueue {
  private readonly queues = new Map<string, Map<string, WaitingStep>>();

  /**
   * A run has at most one step that waits; another of the same run takes its place, and must: what waits may be of an
   * earlier term, and assigns nothing any more.
   */
  add(runId: string, step: ReadyStep): void {
    const name = nameOf(step.requirement);
    const queue = this.queues.get(name) ?? new Map<string, WaitingStep>();
    this.queues.set(name, queue);
    const since = queue.get(runId)?.since ?? performance.now();
    queue.set(runId, { ...step, since });
  }

  /** Gives the worker as much as it has room for, taking the kinds of steps in turn. */
  offer(worker: Worker): void {
    for (let found = true; found && hasRoom(worker);) {
      found = false;
      for (const [name, queue] of this.queues) {
        if (this.offerFrom(name, queue, worker)) found = true;
      }
    }
  }

  /** How many steps wait; some may have been given up meanwhile. */
  get size(): number {
    return [...this.queues.values()].reduce((sum, queue) => sum + queue.size, 0);
  }

  /** How long the oldest of them waits, in milliseconds; 0 when there is none. */
  get oldestWaitMs(): number {
    const firsts = [...this.queues.values()].flatMap((queue) => [...queue.values()].slice(0, 1));
    return firsts.reduce((oldest, { since }) => Math.max(oldest, performance.now() - since), 0);
  }

  /** A kind of steps that wait, although this worker could take them. */
  waitingFor(worker: Worker): Requirement | undefined {
    for (const queue of this.queues.values()) {
      const [first] = queue.values();
      if (first && handlerOf(worker, first.requirement)) return first.requirement;
    }
    return undefined;
  }

  private offerFrom(name: string, queue: Map<string, WaitingStep>, worker: Worker): boolean {
    for (const [runId, step] of queue) {
      if (!hasRoom(worker) || !handlerOf(worker, step.requirement)) return false;
      queue.delete(runId);
      if (queue.size === 0) this.queues.delete(name);
      if (step.assign(worker)) return true;
    }
    return false;
  }
}

function nameOf({ workflowType, handler, step }: Requirement): string {
  return JSON.stringify([workflowType, handler, step]);
}
