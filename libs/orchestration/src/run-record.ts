import { isEnded, type RunState } from '@ground-control/engine';
import type { Attributes, EndedStatus, Reply, RunStatus, WireRunInfo } from '@ground-control/protocol';

/** Answers one request. */
export type Respond = (reply: Reply) => void;

/** What is kept of a run that ended some time ago; the rest is in the journal or in the archive. */
export interface EndedRun {
  status: EndedStatus;
  /** Absent when it is in the archive alone. */
  info?: WireRunInfo | undefined;
}

/** What is kept of a run that waits and was evicted: enough to list it. Its state is in its checkpoint. */
export interface IdleRun {
  status: RunStatus;
  attributes: Attributes | undefined;
  /** Its state is on its way. */
  loading?: Promise<void> | undefined;
}

/** What the checkpoints have of a run that has not ended, or still owes something to others. */
export interface CheckpointRef {
  /** The place of its checkpoint. */
  record: number;
  /** The last journal sequence that the checkpoint includes. */
  sequence: number;
  /** The last journal sequence that its history chunks include, and the last of those. */
  archived: number;
  chunk: number;
  /** Whether the checkpoint carries events that are in no chunk. */
  carries: boolean;
}

/** Requests that wait for something to become durable, by their sender and number: a retry takes its earlier place. */
export interface Waiters {
  result: Map<string, Respond>;
  history: Map<string, () => void>;
  /** By update id, then by caller. */
  updates: Map<string, Map<string, Respond>>;
}

/** A run as its leader knows it. It has a state, or is idle, or has ended some time ago. */
export interface RunRecord {
  readonly runId: string;
  readonly workflowId: string;
  readonly workflowType: string;
  readonly startedAt: number;
  /** The run's state with everything decided so far, durable or not. */
  state: RunState | undefined;
  idle: IdleRun | undefined;
  ended: EndedRun | undefined;
  /** The place of its row, when it is in the archive. */
  archived: { sequence: number; slot: number } | undefined;
  checkpoint: CheckpointRef | undefined;
  /** It is unknown whether a checkpoint of it was stored. */
  mayHaveCheckpoint?: true;
  /** The journal sequences that hold durable events of the run which are not archived yet, ascending. */
  sequences: number[];
  /** The last journal sequence that holds a durable event of the run, as far as this leader has seen. */
  last: number;
  /** Counts the changes of the state. */
  changes: number;
  /** The earliest time at which a timer wakes for this run. */
  armedAt: number;
  waiters: Waiters | undefined;
}

export function newRecord(
  { runId, workflowId, workflowType, startedAt }: Omit<RunIdentity, 'state'>,
  state: RunState | undefined,
): RunRecord {
  return {
    runId,
    workflowId,
    workflowType,
    startedAt,
    state,
    idle: undefined,
    ended: undefined,
    archived: undefined,
    checkpoint: undefined,
    sequences: [],
    last: 0,
    changes: 0,
    armedAt: Infinity,
    waiters: undefined,
  };
}

type RunIdentity = Pick<RunRecord, 'runId' | 'workflowId' | 'workflowType' | 'startedAt' | 'state'>;

/** The waiters of a run, made when first needed. */
export function waitersOf(record: RunRecord): Waiters {
  record.waiters ??= { result: new Map(), history: new Map(), updates: new Map() };
  return record.waiters;
}

/** The run's status with everything decided so far. */
export function statusOf(record: RunRecord): RunState['status'] {
  const status = record.state?.status ?? record.idle?.status ?? record.ended?.status;
  if (status) return status;
  throw new Error(`run ${record.runId} has no state, is not idle and has not ended`);
}

/** The state of a run that has not ended, unless it is idle. */
export function activeState(record: RunRecord): RunState | undefined {
  return record.state && !isEnded(record.state.status) ? record.state : undefined;
}

/** Whether nothing more will come of a run: it has ended and owes nothing to any other. */
export function isFinished({ state, ended }: RunRecord): boolean {
  if (state) return isEnded(state.status) && state.outbox.length === 0;
  return ended !== undefined;
}

/** Notes that a journal sequence holds durable events of the run. */
export function noteSequence(record: RunRecord, sequence: number): void {
  if (record.last === sequence) return;
  record.last = sequence;
  record.sequences.push(sequence);
}
