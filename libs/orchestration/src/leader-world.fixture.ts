import { MemoryJournalStore } from '@ground-control/journal';
import type {
  Assignment,
  AssignmentKey,
  Operation,
  Reply,
  ReportStep,
  StepNotice,
  StepOutcome,
  WorkflowDefinition,
} from '@ground-control/protocol';
import type { AssignmentFate } from './leader-context.js';
import { type CheckpointPolicy, DEFAULT_CHECKPOINT_POLICY } from './checkpoint-policy.js';
import { MortalStorage } from './mortal-storage.fixture.js';
import { PartitionLeader } from './partition-leader.js';
import { ReadyQueue } from './ready-queue.js';
import { WorkerRegistry } from './worker-registry.js';

export const LEASE_MS = 1_000;

export const definition: WorkflowDefinition = {
  type: 'ProcessOrder',
  handlers: [
    { name: 'start', kind: 'start' },
    { name: 'ship', kind: 'step' },
    { name: 'paid', kind: 'event' },
  ],
  queries: ['status'],
};

/** A partition's leader with everything around it in memory, and everything that it tells anyone written down. */
export class LeaderWorld {
  readonly store: MemoryJournalStore;
  readonly storage: MortalStorage;
  readonly workers: WorkerRegistry;
  readonly assignments: { workerId: string; assignment: Assignment }[] = [];
  readonly notices: { workerId: string; notice: StepNotice }[] = [];
  readonly replies: Map<string, Reply[]> = new Map();
  readonly delivered: string[] = [];
  readonly warnings: string[] = [];
  /** What the leader logs as warnings and errors. */
  readonly logged: string[] = [];
  readonly leader: PartitionLeader;
  /** Whether the lease vouches that nobody else leads. */
  leads = true;
  onAssigned: () => void = () => {};
  /** What comes of the assignments. */
  fate: AssignmentFate = 'accepted';
  private epochs = 0;

  private constructor(
    store: MemoryJournalStore,
    policy: CheckpointPolicy,
    public now: number,
  ) {
    this.store = store;
    const note = (message: string): void => void this.logged.push(message);
    this.storage = new MortalStorage(store);
    const ready = new ReadyQueue();
    const clock = (): number => this.now;
    this.workers = new WorkerRegistry(LEASE_MS, clock, (worker) => ready.offer(worker));
    this.leader = new PartitionLeader({
      context: {
        partition: 0,
        self: { coordinatorId: 'c1', identity: 'host:1', startedAt: 1 },
        clock,
        workers: this.workers,
        ready,
        catalogue: new Map([[definition.type, definition]]),
        leads: () => this.leads,
        learn: () => Promise.resolve(false),
        policy,
        warn: (message) => void this.warnings.push(message),
        send: (workerId, assignment) => {
          this.onAssigned();
          this.assignments.push({ workerId, assignment: structuredClone(assignment) });
          return Promise.resolve(this.fate);
        },
        notify: (workerId, notice) => void this.notices.push({ workerId, notice }),
        query: () => Promise.resolve({ kind: 'query.answered', result: undefined }),
        courier: (entry) => {
          this.delivered.push(entry.id);
          return Promise.resolve(true);
        },
      },
      storage: this.storage,
      logger: { log: () => {}, warn: note, error: note },
      newEpoch: () => `epoch-${++this.epochs}-${Math.random()}`,
      onServing: () => {},
    });
  }

  /** @param storage of an earlier world, whose leader is dead */
  static async start(
    storage?: MemoryJournalStore,
    policy: CheckpointPolicy = DEFAULT_CHECKPOINT_POLICY,
    now = 1_000_000,
  ): Promise<LeaderWorld> {
    const store = storage?.another() ?? new MemoryJournalStore();
    await store.open({ partitions: 1, replicas: 1, storage: 'memory' });
    const world = new LeaderWorld(store, policy, now);
    await world.leader.start();
    // What the archive has is read in the background.
    await settle();
    return world;
  }

  register(workerId: string, held: AssignmentKey[] = [], capacity = 10): void {
    this.workers.register({
      kind: 'worker.register',
      workerId,
      identity: workerId,
      capacity,
      definitions: [definition],
      held,
    });
  }

  /** Sends a request; its replies are kept under the key. */
  ask(key: string, request: { kind: string }, from = 'client'): void {
    this.leader.handle(request, {
      from,
      key,
      respond: (reply) =>
        void this.replies.set(key, [...(this.replies.get(key) ?? []), structuredClone(reply)]),
    });
  }

  begin(runId: string, workflowId = 'order-1', key = `start ${runId}`): void {
    this.ask(key, { kind: 'workflow.start', runId, workflowId, workflowType: 'ProcessOrder' } as {
      kind: string;
    });
  }

  record(key: string, assignment: AssignmentKey, offset: number, operations: Operation[], from = 'w1'): void {
    const { runId, stepSeq, attempt } = assignment;
    this.ask(
      key,
      { kind: 'step.record', runId, stepSeq, attempt, offset, operations } as { kind: string },
      from,
    );
  }

  report(key: string, assignment: AssignmentKey, outcome: StepOutcome, offset = 0, from = 'w1'): void {
    const { runId, stepSeq, attempt } = assignment;
    const request: ReportStep = {
      kind: 'step.result',
      runId,
      stepSeq,
      attempt,
      offset,
      operations: [],
      outcome,
      wantsNext: true,
    };
    this.ask(key, request, from);
  }

  reply(key: string): Reply | undefined {
    return this.replies.get(key)?.[0];
  }

  assignment(index = -1): Assignment {
    const found = this.assignments.at(index)?.assignment;
    if (!found) throw new Error('nothing was assigned');
    return found;
  }
}

/** Lets everything that can happen now happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function taskCompleted(op: number): Operation {
  return { kind: 'task.completed', op, at: 1, result: new Uint8Array([op]), durationMs: 1 };
}

export const COMPLETE: StepOutcome = {
  kind: 'directive',
  directive: { kind: 'complete', result: new Uint8Array([9]) },
  updates: [],
};
export const SHIP: StepOutcome = {
  kind: 'directive',
  directive: { kind: 'step', step: 'ship', input: undefined },
  updates: [['orderId', new Uint8Array([1])]],
};
