import { isAssignable, isEnded, dueAt, type RunState } from '@ground-control/engine';
import type { Checkpoints } from '@ground-control/journal';
import type { IdleRun, RunRecord } from './run-record.js';
import type { RunTable } from './run-table.js';

interface Candidate {
  record: RunRecord;
  /** What its checkpoint has: it may go only when nothing came after. */
  changes: number;
  since: number;
}

/** Evicts runs that only wait from memory, and brings them back. Their timers stay armed. */
export class IdleRuns {
  /** The first to be looked at first. */
  private candidates: Candidate[] = [];

  constructor(
    private readonly runs: RunTable,
    private readonly checkpoints: Checkpoints,
    private readonly idleAfterMs: number,
    private readonly clock: () => number,
  ) {}

  /** The run has a checkpoint of how it was after so many changes. */
  add(record: RunRecord, changes: number): void {
    this.candidates.push({ record, changes, since: this.clock() });
  }

  /** Evicts the runs that have waited long enough. @param mayGo whether nothing else needs the run in memory */
  evict(mayGo: (record: RunRecord) => boolean): void {
    const now = this.clock();
    const young = this.candidates.findIndex(({ since }) => now - since < this.idleAfterMs);
    const old = this.candidates.splice(0, young < 0 ? this.candidates.length : young);
    for (const { record, changes } of old) {
      const { state } = record;
      if (record.changes !== changes || !state || !isIdle(state, now, this.idleAfterMs)) continue;
      if (this.runs.get(record.runId) !== record || !mayGo(record)) continue;
      record.idle = { status: state.status, attributes: state.attributes };
      record.state = undefined;
    }
  }

  /** Brings a run back. @throws what reading its checkpoint throws */
  load(record: RunRecord): Promise<void> {
    const { idle, checkpoint } = record;
    if (!idle || !checkpoint) return Promise.resolve();
    idle.loading ??= this.restore(record, idle, checkpoint.record);
    return idle.loading;
  }

  private async restore(record: RunRecord, idle: IdleRun, place: number): Promise<void> {
    try {
      const { state } = await this.checkpoints.read(place);
      if (record.idle !== idle) return;
      record.state = state;
      record.idle = undefined;
      this.add(record, record.changes);
    } finally {
      idle.loading = undefined;
    }
  }
}

/** Whether a run only waits, for at least so long. */
export function isIdle(state: RunState, now: number, atLeastMs: number): boolean {
  if (isEnded(state.status) || state.step?.workerId !== undefined || isAssignable(state, now)) return false;
  return (dueAt(state, now) ?? Infinity) - now >= atLeastMs;
}
