import type { RunRef } from '@ground-control/protocol';
import { describe, isEnded, type RunState } from '@ground-control/engine';
import type { StoredCheckpoint } from '@ground-control/journal';
import { type IndexedRun, RunIndex } from './run-index.js';
import { newRecord, type RunRecord, statusOf } from './run-record.js';

/** How many runs that ended last keep their whole state in memory, for callers that ask right after. */
export const RECENTLY_ENDED = 100;

/** The runs of a partition, by run id and by workflow id: in memory those that are not archived yet. */
export class RunTable {
  /** The runs that are in the archive. */
  readonly index: RunIndex;
  private records = new Map<string, RunRecord>();
  private readonly latestByWorkflow = new Map<string, RunRecord>();
  private readonly recentlyEnded: RunRecord[] = [];

  constructor(clock: () => number = Date.now) {
    this.index = new RunIndex(clock);
  }

  /** How many runs are in memory. */
  get size(): number {
    return this.records.size;
  }

  add(state: RunState): RunRecord {
    return this.insert(newRecord(state, state));
  }

  /** Takes a run in from its checkpoint: whole, or without its state. */
  restore({ state, ...checkpoint }: StoredCheckpoint, whole: boolean): RunRecord {
    const { record, sequence, archived, chunk, carried } = checkpoint;
    const run = newRecord(state, whole ? state : undefined);
    run.checkpoint = { record, sequence, archived, chunk, carries: carried !== undefined };
    run.last = sequence;
    if (!whole) run.idle = { status: state.status, attributes: state.attributes };
    return this.insert(run);
  }

  get(runId: string): RunRecord | undefined {
    return this.records.get(runId);
  }

  /** The run with this id, wherever it is. */
  anywhere(runId: string): RunRecord | undefined {
    return this.records.get(runId) ?? fromIndex(this.index.get(runId));
  }

  /** The run that a request names: the latest of its workflow id, unless it names one. */
  find(ref: RunRef): RunRecord | undefined {
    if (ref.runId === undefined) return this.latest(ref.workflowId);
    const record = this.anywhere(ref.runId);
    return record?.workflowId === ref.workflowId ? record : undefined;
  }

  latest(workflowId: string): RunRecord | undefined {
    const record = this.latestByWorkflow.get(workflowId);
    if (record && !isEnded(statusOf(record))) return record;
    const archived = this.index.latest(workflowId);
    return archived && !(record && record.startedAt >= archived.startedAt) ? fromIndex(archived) : record;
  }

  /** Notes that a run has ended: its whole state stays for as long as it is among the last to have done so. */
  retire(record: RunRecord): void {
    this.recentlyEnded.push(record);
    if (this.recentlyEnded.length <= 2 * RECENTLY_ENDED) return;
    for (const old of this.recentlyEnded.splice(0, RECENTLY_ENDED)) compact(old);
  }

  /** Lets go of a run. */
  remove(record: RunRecord): void {
    this.records.delete(record.runId);
    if (this.latestByWorkflow.get(record.workflowId) === record)
      this.latestByWorkflow.delete(record.workflowId);
  }

  /** Puts the runs into the order of their starts, as they come in while they are started. */
  sort(): void {
    const sorted = [...this.records.values()].toSorted((one, other) => one.startedAt - other.startedAt);
    this.records = new Map(sorted.map((record) => [record.runId, record]));
  }

  /** Every run that is in memory, in the order of their starts. */
  values(): Iterable<RunRecord> {
    return this.records.values();
  }

  private insert(record: RunRecord): RunRecord {
    this.records.set(record.runId, record);
    const latest = this.latestByWorkflow.get(record.workflowId);
    if (!latest || latest.startedAt <= record.startedAt) this.latestByWorkflow.set(record.workflowId, record);
    return record;
  }
}

/** A run that is in the archive, as a record. */
function fromIndex(found: IndexedRun | undefined): RunRecord | undefined {
  if (!found || !isEnded(found.status)) return undefined;
  const record = newRecord(found, undefined);
  record.ended = { status: found.status };
  record.archived = { sequence: found.sequence, slot: found.slot };
  return record;
}

/** Lets go of an ended run's state, unless its leader still owes something to another run. */
function compact(record: RunRecord): void {
  const state = record.state;
  if (!state || !isEnded(state.status) || state.outbox.length > 0 || record.checkpoint) return;
  record.ended = { status: state.status, info: describe(state, state.closedAt ?? state.startedAt) };
  record.state = undefined;
  record.waiters = undefined;
}
