import { evolve, HistoryProjection, type RunEvent, type RunState } from '@ground-control/engine';
import type { PartitionJournal } from '@ground-control/journal';
import type { WireHistoryEvent } from '@ground-control/protocol';
import type { RunRecord } from './run-record.js';

/** How many histories are kept as far as they were read, for callers that page through them or follow them. */
export const OPEN_HISTORIES = 32;

/** A history as far as it was read: the next page goes on from there. */
interface OpenHistory {
  projection: HistoryProjection;
  events: WireHistoryEvent[];
  /** How many of the run's sequences it covers. */
  covered: number;
  /** The read that is under way; the next one waits for it. */
  reading: Promise<void>;
}

/** Reads a run back from the journal: only what is durable, and the whole of it. */
export class RunReader {
  private readonly open = new Map<string, OpenHistory>();

  constructor(private readonly journal: PartitionJournal) {}

  /** The run's history so far. The array is the reader's own and grows: it is not to be changed or kept. */
  async history(record: RunRecord): Promise<readonly WireHistoryEvent[]> {
    const history = this.open.get(record.runId) ?? openHistory(record.runId);
    this.touch(record.runId, history);
    history.reading = history.reading.then(() => this.extend(history, record));
    try {
      await history.reading;
    } catch (error) {
      this.open.delete(record.runId);
      throw error;
    }
    return history.events;
  }

  /** The run's state, rebuilt. */
  async state(record: RunRecord): Promise<RunState> {
    let state: RunState | undefined;
    await this.replay(record, 0, (event, at) => {
      state = evolve(state, record.runId, event, at);
    });
    if (!state) throw new Error(`run ${record.runId} is not in the journal`);
    return state;
  }

  private touch(runId: string, history: OpenHistory): void {
    this.open.delete(runId);
    this.open.set(runId, history);
    if (this.open.size <= OPEN_HISTORIES) return;
    for (const oldest of this.open.keys()) {
      this.open.delete(oldest);
      return;
    }
  }

  private async extend(history: OpenHistory, record: RunRecord): Promise<void> {
    const { covered, projection, events } = history;
    history.covered = await this.replay(record, covered, (event, at) => {
      for (const told of projection.apply(event, at)) events.push(told);
    });
  }

  /** @returns how many of the run's sequences were replayed, those before `from` included */
  private async replay(
    record: RunRecord,
    from: number,
    onEvent: (event: RunEvent, at: number) => void,
  ): Promise<number> {
    const sequences = record.sequences.slice(from);
    for (const sequence of sequences) {
      // oxlint-disable-next-line no-await-in-loop -- in order, and one batch in memory at a time
      const batch = await this.journal.read(sequence);
      for (const entry of batch.entries) {
        if (entry.runId !== record.runId) continue;
        for (const event of entry.events) onEvent(event, entry.at);
      }
    }
    return from + sequences.length;
  }
}

function openHistory(runId: string): OpenHistory {
  return { projection: new HistoryProjection(runId), events: [], covered: 0, reading: Promise.resolve() };
}
