import type { Encoded } from './encoded.js';
import type { WorkflowDefinition, HandlerKind } from './definition.js';
import type { Failure } from './failure.js';
import type { WireHistoryEvent } from './history.js';
import type { ChildOutcomeOf, EndedStatus, Operation, RunStatus } from './operation.js';
import type { StepOutcome } from './outcome.js';
import type { Attributes, ParentRef, WireRunInfo } from './run-info.js';

/** What to do when a run of the workflow id is active. */
export type ConflictPolicy = 'fail' | 'useExisting' | 'terminateExisting';
/** Whether a workflow id may be used again after its last run ended. */
export type ReusePolicy = 'allow' | 'allowIfFailed' | 'reject';

// ---- client → partition leader -----------------------------------------------------------------------------------

/** Starts a run. Idempotent by `runId`, which its sender makes. */
export interface StartWorkflow {
  kind: 'workflow.start';
  workflowId: string;
  runId: string;
  workflowType: string;
  input: Encoded | undefined;
  timeoutMs?: number | undefined;
  delayMs?: number | undefined;
  onConflict?: ConflictPolicy | undefined;
  reuse?: ReusePolicy | undefined;
  attributes?: Attributes | undefined;
  parent?: ParentRef | undefined;
  /** The parent's step that gets this run's outcome. */
  onCompleted?: string | undefined;
}

/** Names a run: the latest of the workflow id when `runId` is absent. */
export interface RunRef {
  workflowId: string;
  runId?: string | undefined;
}

/** Answered with {@link RunEnded} as soon as the run has ended, however long ago or from now that is. */
export interface AwaitResult extends RunRef {
  kind: 'workflow.result';
}
export interface DescribeWorkflow extends RunRef {
  kind: 'workflow.describe';
}
/** Asks for the history events after `after`, at most `limit`. With `wait`, answered when there is at least one or the run has ended. */
export interface ReadHistory extends RunRef {
  kind: 'workflow.history';
  after: number;
  limit: number;
  wait?: boolean | undefined;
}
/** Sends an event. Idempotent by `eventId`, which its sender makes. */
export interface SendEvent extends RunRef {
  kind: 'workflow.send';
  eventId: string;
  event: string;
  payload: Encoded | undefined;
}
/** Asks the run; answered by a worker from the committed state. */
export interface QueryWorkflow extends RunRef {
  kind: 'workflow.query';
  query: string;
  args: Encoded | undefined;
}
/** Asks the run to change. Idempotent by `updateId`; answered with the handler's reply. */
export interface UpdateWorkflow extends RunRef {
  kind: 'workflow.update';
  updateId: string;
  update: string;
  payload: Encoded | undefined;
}
/** Asks the run to end. Idempotent by `requestId`: a retry is answered as the first, which may have ended the run. */
export interface CancelWorkflow extends RunRef {
  kind: 'workflow.cancel';
  requestId?: string | undefined;
  reason?: string | undefined;
}
/** Ends the run at once. Idempotent as {@link CancelWorkflow}. */
export interface TerminateWorkflow extends RunRef {
  kind: 'workflow.terminate';
  requestId?: string | undefined;
  reason?: string | undefined;
}
/** Lists the runs of one partition, newest first (run ids are ULIDs); the client merges the partitions. */
export interface ListRuns {
  kind: 'workflow.list';
  type?: string | undefined;
  status?: string[] | undefined;
  idPrefix?: string | undefined;
  startedAfter?: number | undefined;
  startedBefore?: number | undefined;
  attributes?: Attributes | undefined;
  limit: number;
  /** Only runs that come after this one in the listing, which goes by the time of the start, then by the run id. */
  before?: string | undefined;
  /** When that run started: the partition need not know it any more. */
  beforeStartedAt?: number | undefined;
}
/** Counts the runs of one partition by type and status; the client adds the partitions up. */
export interface CountRuns {
  kind: 'workflow.count';
}
/** Asks the leader of a partition about itself and the runs that it has. */
export interface DescribePartition {
  kind: 'partition.describe';
}

export type ClientRequest =
  | StartWorkflow
  | AwaitResult
  | DescribeWorkflow
  | ReadHistory
  | SendEvent
  | QueryWorkflow
  | UpdateWorkflow
  | CancelWorkflow
  | TerminateWorkflow
  | ListRuns
  | CountRuns
  | DescribePartition;

// ---- any peer → coordinators --------------------------------------------------------------------------------------

/** What every peer asks first: how the namespace is laid out. */
export interface DescribeNamespace {
  kind: 'namespace.describe';
}
export interface ListWorkflowTypes {
  kind: 'types.list';
}
export interface ListWorkers {
  kind: 'workers.list';
}
/** Asks a coordinator about itself, how its namespace is kept, and the NATS server that it is connected to. */
export interface DescribeCluster {
  kind: 'cluster.describe';
}

// ---- worker → coordinators ----------------------------------------------------------------------------------------

/** A worker says what it serves and how many steps it takes at once. */
export interface RegisterWorker {
  kind: 'worker.register';
  workerId: string;
  identity: string;
  capacity: number;
  definitions: WorkflowDefinition[];
  /** The steps that it holds: not empty after the coordinator was restarted. */
  held: AssignmentKey[];
  /** How its capacity is shared out; absent while there is one coordinator, whose all of it is. */
  shares?: WorkerShares | undefined;
}
/** How many of a worker's steps each coordinator may give it, by the id of the coordinator's peer. */
export type WorkerShares = Record<string, number>;
/** The worker gives a coordinator another share of its capacity. Answered with {@link RoomShared}. */
export interface ShareRoom {
  kind: 'worker.share';
  workerId: string;
  steps: number;
}
/** Proves that the worker lives and receives; sent three times a lease. */
export interface WorkerHeartbeat {
  kind: 'worker.heartbeat';
  workerId: string;
  held: AssignmentKey[];
  /** It shuts down: it takes no more steps, and gives back what does not end in time. */
  drains?: boolean | undefined;
  shares?: WorkerShares | undefined;
}
/** A worker that drains takes no new step; when it has gone it holds none. */
export interface WorkerLeave {
  kind: 'worker.leave';
  workerId: string;
}

/** Names one attempt of one step: the fencing token of every report. */
export interface AssignmentKey {
  partition: number;
  runId: string;
  stepSeq: number;
  attempt: number;
}

export type CoordinatorRequest =
  | DescribeNamespace
  | DescribeCluster
  | ListWorkflowTypes
  | ListWorkers
  | RegisterWorker
  | WorkerHeartbeat
  | ShareRoom
  | WorkerLeave;

// ---- worker → partition leader -------------------------------------------------------------------------------------

/** Records operations of a step. Idempotent: operations that are recorded already are skipped. */
export interface RecordOperations {
  kind: 'step.record';
  runId: string;
  stepSeq: number;
  attempt: number;
  /** How many operations of this attempt and of those before it were sent earlier. */
  offset: number;
  operations: Operation[];
}
/** Reports the end of an attempt, with the operations that were not recorded yet. Idempotent by its fencing token. */
export interface ReportStep {
  kind: 'step.result';
  runId: string;
  stepSeq: number;
  attempt: number;
  offset: number;
  operations: Operation[];
  outcome: StepOutcome;
  /** The worker wants the run's next step with the reply. */
  wantsNext: boolean;
}

export type WorkerRequest = RecordOperations | ReportStep;

// ---- leader → leader ------------------------------------------------------------------------------------------------

/** Tells a parent how its child ended. Idempotent by the child's run id. */
export interface DeliverChildOutcome extends RunRef {
  kind: 'child.ended';
  outcome: ChildOutcomeOf<Encoded>;
}

/** Every request that a partition leader takes. */
export type PartitionRequest = ClientRequest | WorkerRequest | DeliverChildOutcome;

// ---- leader → worker ------------------------------------------------------------------------------------------------

/** What a worker needs to know of a run; sent with the first step of a run that it gets. */
export interface RunContext {
  workflowId: string;
  workflowType: string;
  startedAt: number;
  parent?: ParentRef | undefined;
  attributes?: Attributes | undefined;
  store: [key: string, value: Encoded][];
}

/** A step to run. The worker answers {@link AssignmentAccepted}. Idempotent by its {@link AssignmentKey}. */
export interface Assignment extends AssignmentKey {
  kind: 'assignment';
  /** The handler's name, and what it is called for. */
  step: string;
  handler: HandlerKind;
  input: Encoded | undefined;
  /** When the step's timeout ends, in milliseconds since the epoch by the coordinator's clock; absent without one. */
  deadline?: number | undefined;
  /** How long that is from when it was sent, for workers whose clock differs. */
  remainingMs?: number | undefined;
  /** Attempts that failed by an error or a timeout, which is what a retry policy counts. */
  failures: number;
  cancelRequested?: boolean | undefined;
  /** The reason that was given for the cancel, for the cancel handler. */
  reason?: string | undefined;
  /** How the child ended, for a step that is called with a child's outcome; `input` is absent then. */
  childOutcome?: ChildOutcomeOf<Encoded> | undefined;
  /** What earlier attempts recorded, whole and in order. */
  operations: Operation[];
  /** Absent when the worker has it: on the step that follows one that it just finished. */
  run?: RunContext | undefined;
}

/** Tells a worker to stop a step that it holds, or that a cancel of its run was requested. */
export interface StepNotice extends AssignmentKey {
  kind: 'step.abort' | 'step.cancel_requested';
  reason: string;
  /** The code of the error that the step's signal aborts with. @defaultValue 'STEP_ABORTED' */
  code?: string | undefined;
}

/** Asks a worker to answer a query from a run's committed state. */
export interface AnswerQuery {
  kind: 'query.answer';
  runId: string;
  run: RunContext;
  /** The run as its listing shows it, which is what the handler is told. */
  info?: WireRunInfo | undefined;
  query: string;
  args: Encoded | undefined;
}

/** A leader says that it serves its partitions: peers send what they wait for again, at once. */
export interface LeaderAnnouncement {
  kind: 'leader.elected';
  coordinatorId: string;
  partitions: number[];
}

/** A coordinator does not know the worker, or has more steps for it than its share lets it have. */
export interface WorkerNotice {
  kind: 'worker.unknown' | 'worker.wanted';
}

/** A coordinator says to the others that the table of leases has changed. */
export interface CoordinatorsChanged {
  kind: 'coordinators.changed';
}

export type WorkerMessage = Assignment | StepNotice | WorkerNotice | AnswerQuery;

// ---- replies ----------------------------------------------------------------------------------------------------------

/** The run is started and durable; `existing` when the conflict policy chose the one that was there. */
export interface RunStarted {
  kind: 'run.started';
  runId: string;
  existing: boolean;
}
export interface RunEnded {
  kind: 'run.ended';
  runId: string;
  status: EndedStatus;
  result?: Encoded | undefined;
  error?: Failure | undefined;
  reason?: string | undefined;
}
export interface RunDescription {
  kind: 'run.description';
  run: WireRunInfo;
}
export interface HistoryPage {
  kind: 'history.page';
  runId: string;
  events: WireHistoryEvent[];
  /** Whether there are more after these now. */
  more: boolean;
  /** Whether the run has ended and these are its last events. */
  ended: boolean;
}
/** How many runs there are of a type in a status. */
export interface RunCount {
  workflowType: string;
  status: RunStatus;
  count: number;
}
export interface RunCounts {
  kind: 'run.counts';
  counts: RunCount[];
}
export interface RunList {
  kind: 'run.list';
  runs: WireRunInfo[];
}
export interface NamespaceDescription {
  kind: 'namespace';
  partitions: number;
  /** How long a worker's lease lasts without a heartbeat, in milliseconds. */
  leaseMs: number;
  maxValueBytes: number;
}
/** A coordinator's process. */
export interface CoordinatorWire {
  coordinatorId: string;
  /** What operators know it by: host and process id. */
  identity: string;
  startedAt: number;
}
/** How many runs of a type are in a state; only those that have not ended. */
export interface ActiveRuns {
  type: string;
  status: 'scheduled' | 'running' | 'waiting';
  runs: number;
}
export interface PartitionDescription {
  kind: 'partition';
  partition: number;
  /** Who leads it. */
  leader: CoordinatorWire;
  /** When the leader's present term began. */
  since: number;
  active: ActiveRuns[];
}
export interface ClusterDescription {
  kind: 'cluster';
  /** Who answers. */
  coordinator: CoordinatorWire;
  partitions: number;
  /** Copies that NATS keeps of each stream. */
  replicas: number;
  storage: 'file' | 'memory';
  /** How long a worker's lease lasts without a heartbeat, in milliseconds. */
  leaseMs: number;
  /** The NATS server that the coordinator is connected to. */
  nats: { server: string; version: string; cluster?: string | undefined };
}
export interface WorkflowTypes {
  kind: 'types';
  types: WorkflowDefinition[];
}
export interface WorkerInfoWire {
  workerId: string;
  identity: string;
  capacity: number;
  running: number;
  types: string[];
  lastSeenAt: number;
}
export interface Workers {
  kind: 'workers';
  workers: WorkerInfoWire[];
}
/** The worker is registered; or its heartbeat was taken. `lost` lists what it said to hold and holds no longer. */
export interface WorkerWelcome {
  kind: 'worker.welcome';
  coordinatorId: string;
  leaseMs: number;
  lost: AssignmentKey[];
  /** The peers of the live coordinators; absent when there is none but this one. */
  coordinators?: string[] | undefined;
}
/** The share was taken notice of; `holds` may be more than it is. */
export interface RoomShared {
  kind: 'worker.shared';
  holds: number;
}
/** The coordinator does not know the worker: it must register again. */
export interface WorkerUnknown {
  kind: 'worker.unknown';
}
export interface AssignmentAccepted {
  kind: 'assignment.accepted';
}
/** The worker cannot take the step: it drains, has no room, or lacks the handler or the run's context. */
export interface AssignmentRefused {
  kind: 'assignment.refused';
  reason: string;
}
/** Done and durable. `next` is the run's next step, for the worker that just finished one. */
export interface Accepted {
  kind: 'accepted';
  next?: Assignment | undefined;
}
/** The assignment is no longer current: the report changed nothing and the worker must stop the step. */
export interface Stale {
  kind: 'stale';
}
export interface QueryAnswered {
  kind: 'query.answered';
  result: Encoded | undefined;
}
export interface UpdateAnswered {
  kind: 'update.answered';
  reply: Encoded | undefined;
}
/** The request was refused. `code` is one of the registry's; `details` is plain data of ours, never a user's value. */
export interface Refused {
  kind: 'error';
  code: string;
  message: string;
  details?: unknown;
  /** The user's error behind it, for example of a query's handler. */
  failure?: Failure | undefined;
}

export type Reply =
  | RunStarted
  | RunEnded
  | RunDescription
  | HistoryPage
  | RunList
  | RunCounts
  | NamespaceDescription
  | ClusterDescription
  | PartitionDescription
  | WorkflowTypes
  | Workers
  | WorkerWelcome
  | RoomShared
  | WorkerUnknown
  | AssignmentAccepted
  | AssignmentRefused
  | Accepted
  | Stale
  | QueryAnswered
  | UpdateAnswered
  | Refused;
