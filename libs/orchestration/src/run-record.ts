import { isEnded, type RunState } from '@ground-control/engine';
import type { EndedStatus, Reply, WireRunInfo } from '@ground-control/protocol';

/** Answers one request. */
export type Respond = (reply: Reply) => void;

/** What is kept of a run that ended some time ago; the rest is in the journal. */
export interface EndedRun {
  status: EndedStatus;
  info: WireRunInfo;
}

/** Requests that wait for something to become durable, by their sender and number: a retry takes its earlier place. */
export interface Waiters {
  result: Map<string, Respond>;
  history: Map<string, () => void>;
  /** By update id, then by caller. */
  updates: Map<string, Map<string, Respond>>;
}

/** A run as its leader knows it. */
export interface RunRecord {
  readonly runId: string;
  readonly workflowId: string;
  readonly workflowType: string;
  readonly startedAt: number;
  /** The run's state with everything decided so far, durable or not; undefined when it ended some time ago. */
  state: RunState | undefined;
  ended: EndedRun | undefined;
  /** The journal sequences that hold durable events of the run, ascending. */
  readonly sequences: number[];
  /** The earliest time at which a timer wakes for this run. */
  armedAt: number;
  waiters: Waiters | undefined;
}

export function newRecord(state: RunState): RunRecord {
  const { runId, workflowId, workflowType, startedAt } = state;
  return {
    runId,
    workflowId,
    workflowType,
    startedAt,
    state,
    ended: undefined,
    sequences: [],
    armedAt: Infinity,
    waiters: undefined,
  };
}

/** The waiters of a run, made when first needed. */
export function waitersOf(record: RunRecord): Waiters {
  record.waiters ??= { result: new Map(), history: new Map(), updates: new Map() };
  return record.waiters;
}

/** The run's status with everything decided so far. */
export function statusOf(record: RunRecord): RunState['status'] {
  if (record.state) return record.state.status;
  if (record.ended) return record.ended.status;
  throw new Error(`run ${record.runId} has neither a state nor an end`);
}

/** The state of a run that has not ended. */
export function activeState(record: RunRecord): RunState | undefined {
  return record.state && !isEnded(record.state.status) ? record.state : undefined;
}
