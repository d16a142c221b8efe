import { evolve, HistoryProjection, type RunEvent, type RunState } from '@ground-control/engine';
import type { PartitionJournal } from '@ground-control/journal';
import type { WireHistoryEvent } from '@ground-control/protocol';
import type { RunRecord } from './run-record.js';

/** Reads a run back from the journal: only what is durable, and the whole of it. */
export class RunReader {
  constructor(private readonly journal: PartitionJournal) {}

  /** The run's history so far. */
  async history(record: RunRecord): Promise<WireHistoryEvent[]> {
    const projection = new HistoryProjection(record.runId);
    const history: WireHistoryEvent[] = [];
    await this.replay(record, (event, at) => history.push(...projection.apply(event, at)));
    return history;
  }

  /** The run's state, rebuilt. */
  async state(record: RunRecord): Promise<RunState> {
    let state: RunState | undefined;
    await this.replay(record, (event, at) => {
      state = evolve(state, record.runId, event, at);
    });
    if (!state) throw new Error(`run ${record.runId} is not in the journal`);
    return state;
  }

  private async replay(record: RunRecord, onEvent: (event: RunEvent, at: number) => void): Promise<void> {
    for (const sequence of record.sequences.slice()) {
      // oxlint-disable-next-line no-await-in-loop -- in order, and one batch in memory at a time
      const batch = await this.journal.read(sequence);
      for (const entry of batch.entries) {
        if (entry.runId !== record.runId) continue;
        for (const event of entry.events) onEvent(event, entry.at);
      }
    }
  }
}
