import type { OutboxEntry } from '@ground-control/engine';
import type {
  AnswerQuery,
  Assignment,
  CoordinatorWire,
  Reply,
  StepNotice,
  WorkflowDefinition,
} from '@ground-control/protocol';
import type { CheckpointPolicy } from './checkpoint-policy.js';
import type { ReadyQueue } from './ready-queue.js';
import type { WorkerRegistry } from './worker-registry.js';

/** What came of an assignment; one that is `too large` fits in no message, to whichever worker. */
export type AssignmentFate = 'accepted' | 'refused' | 'unanswered' | 'too large';

/** What a leader has of the process around it: ports that a simulation can stand in for. */
export interface LeaderContext {
  readonly partition: number;
  /** The coordinator that leads here. */
  readonly self: CoordinatorWire;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly workers: WorkerRegistry;
  /** Steps that wait for a worker, of all partitions that are led here. */
  readonly ready: ReadyQueue;
  /** The workflow types that were ever registered, for when no worker of a type is live. */
  readonly catalogue: ReadonlyMap<string, WorkflowDefinition>;
  /** Whether nobody else can lead the partition now, as far as clocks can tell. */
  leads(): boolean;
  /** Looks for a workflow type that another coordinator may have registered. @returns whether it is in the catalogue now */
  learn(workflowType: string): Promise<boolean>;
  /** When runs are checkpointed, evicted and forgotten. */
  readonly policy: CheckpointPolicy;
  /** Tells the operator of something that was not done and is tried again. */
  warn(message: string): void;
  /** Hands a step to a worker, again and again until it is answered or a lease has passed. */
  send(workerId: string, assignment: Assignment): Promise<AssignmentFate>;
  /** Tells a worker something that it need not answer. */
  notify(workerId: string, notice: StepNotice): void;
  /** Asks a worker. @returns undefined when it did not answer in time */
  query(workerId: string, query: AnswerQuery): Promise<Reply | undefined>;
  /** Delivers what is owed to another run until its leader has acknowledged it. @returns false when it was given up */
  courier(entry: OutboxEntry): Promise<boolean>;
}
