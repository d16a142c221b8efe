import type { RunRef } from '@ground-control/protocol';
import { describe, isEnded, type RunState } from '@ground-control/engine';
import { newRecord, type RunRecord } from './run-record.js';

/** How many runs that ended last keep their whole state in memory, for callers that ask right after. */
export const RECENTLY_ENDED = 1_000;

/** The runs of a partition, by run id and by workflow id. */
export class RunTable {
  private readonly records = new Map<string, RunRecord>();
  private readonly latestByWorkflow = new Map<string, RunRecord>();
  private readonly recentlyEnded: RunRecord[] = [];

  add(state: RunState): RunRecord {
    const record = newRecord(state);
    this.records.set(record.runId, record);
    this.latestByWorkflow.set(record.workflowId, record);
    return record;
  }

  get(runId: string): RunRecord | undefined {
    return this.records.get(runId);
  }

  /** The run that a request names: the latest of its workflow id, unless it names one. */
  find(ref: RunRef): RunRecord | undefined {
    if (ref.runId === undefined) return this.latest(ref.workflowId);
    const record = this.records.get(ref.runId);
    return record?.workflowId === ref.workflowId ? record : undefined;
  }

  latest(workflowId: string): RunRecord | undefined {
    return this.latestByWorkflow.get(workflowId);
  }

  /** Notes that a run has ended: its whole state stays for as long as it is among the last to have done so. */
  retire(record: RunRecord): void {
    this.recentlyEnded.push(record);
    if (this.recentlyEnded.length <= 2 * RECENTLY_ENDED) return;
    for (const old of this.recentlyEnded.splice(0, RECENTLY_ENDED)) compact(old);
  }

  /**
   * Every run, the latest start first.
   *
   * @param before only those that started before this run: run ids need not sort by time, because clocks differ and
   * callers may choose them; of a run that is no longer known, only its id is left to go by
   */
  *newestFirst(before?: string): Iterable<RunRecord> {
    const all = [...this.records.values()];
    const mark = before === undefined ? undefined : this.records.get(before);
    for (let index = (mark ? all.indexOf(mark) : all.length) - 1; index >= 0; index--) {
      const record = all[index];
      if (record && (mark || before === undefined || record.runId < before)) yield record;
    }
  }

  values(): Iterable<RunRecord> {
    return this.records.values();
  }
}

/** Lets go of an ended run's state, unless its leader still owes something to another run. */
function compact(record: RunRecord): void {
  const state = record.state;
  if (!state || !isEnded(state.status) || state.outbox.length > 0) return;
  record.ended = { status: state.status, info: describe(state, state.closedAt ?? state.startedAt) };
  record.state = undefined;
  record.waiters = undefined;
}
