import { evolve, HistoryProjection, type RunState } from '@ground-control/engine';
import {
  type ArchivedEntry,
  type Checkpoints,
  decodeEntries,
  decodeRow,
  type RunArchive,
  type RunRow,
} from '@ground-control/journal';
import type { WireHistoryEvent, WireRunInfo } from '@ground-control/protocol';
import { HISTORY_WINDOW, MAX_READ_ROWS, OPEN_HISTORIES } from './limits.js';
import type { RecentBatches } from './recent-batches.js';
import type { RunRecord } from './run-record.js';

/** A page of a run's history. */
export interface HistoryPart {
  events: WireHistoryEvent[];
  /** Whether there are more after these now. */
  more: boolean;
  /** The kind of the last event that was read. */
  end: string | undefined;
}

/** Reads runs back from the archive and the journal: only what is durable, and the whole of it. */
export class RunReader {
  private readonly open = new Map<string, OpenHistory>();
  private readonly rows = new Map<number, Promise<Uint8Array[]>>();

  constructor(
    private readonly archive: RunArchive,
    private readonly checkpoints: Checkpoints,
    private readonly recent: RecentBatches,
  ) {}

  /** The events after this one, at most so many. */
  async history(record: RunRecord, after: number, limit: number): Promise<HistoryPart> {
    const history = this.openFor(record, after);
    try {
      return await history.read(record, after, limit);
    } catch (error) {
      if (this.open.get(record.runId) === history) this.open.delete(record.runId);
      throw error;
    }
  }

  /** The run's state as it is durable, rebuilt. */
  async state(record: RunRecord): Promise<RunState> {
    const kept = record.archived && (await this.keptEnd(record));
    if (kept) return kept;
    const source = new RunEntries(this, this.archive, this.checkpoints, this.recent);
    let state: RunState | undefined;
    // oxlint-disable-next-line no-await-in-loop -- in order
    for (let entries = await source.next(record); entries; entries = await source.next(record)) {
      for (const { at, events } of entries) {
        for (const event of events) state = evolve(state, record.runId, event, at);
      }
    }
    if (state) return state;
    throw new Error(`nothing is kept of run ${record.runId}`);
  }

  /** The run at a glance, as its row in the archive has it. */
  async info(record: Pick<RunRecord, 'runId' | 'archived'>): Promise<WireRunInfo> {
    return (await this.row(record)).info;
  }

  /** The row of a run that is in the archive. */
  async row({ runId, archived }: Pick<RunRecord, 'runId' | 'archived'>): Promise<RunRow> {
    const rows = archived ? await this.rowsAt(archived.sequence) : [];
    const bytes = rows[archived?.slot ?? 0];
    const row = bytes && decodeRow(bytes);
    if (row?.info.id === runId) return row;
    throw new Error(`run ${runId} is kept no longer`);
  }

  private rowsAt(sequence: number): Promise<Uint8Array[]> {
    const rows = this.rows.get(sequence) ?? this.archive.readRowsAt(sequence);
    remember(this.rows, sequence, rows, MAX_READ_ROWS);
    rows.catch(() => this.rows.delete(sequence));
    return rows;
  }

  private async keptEnd(record: RunRecord): Promise<RunState | undefined> {
    const { history } = await this.row(record);
    return history.slot === undefined ? this.archive.readEnd(history.sequence) : undefined;
  }

  private openFor(record: RunRecord, after: number): OpenHistory {
    const open = this.open.get(record.runId);
    const source = (): RunEntries => new RunEntries(this, this.archive, this.checkpoints, this.recent);
    const history = open?.reaches(after) ? open : new OpenHistory(record.runId, source());
    remember(this.open, record.runId, history, OPEN_HISTORIES);
    return history;
  }
}

/** A run's entries, from where it was read to: first from the archive, then from the journal. */
class RunEntries {
  /** The last journal sequence whose entries were read. */
  private through = 0;
  /** The last chunk that was read. */
  private chunk = 0;
  private segmentRead = false;

  constructor(
    private readonly reader: RunReader,
    private readonly archive: RunArchive,
    private readonly checkpoints: Checkpoints,
    private readonly recent: RecentBatches,
  ) {}

  /** Some of the entries that follow; undefined when there are none now. */
  async next(record: RunRecord): Promise<ArchivedEntry[] | undefined> {
    const { archived, checkpoint } = record;
    if (!archived) {
      const chunk = await this.fromChunks(record, checkpoint?.chunk ?? 0);
      return chunk ?? (await this.fromCheckpoint(record)) ?? this.fromJournal(record);
    }
    const { history } = await this.reader.row(record);
    if (history.slot === undefined) return this.fromChunks(record, history.sequence);
    if (this.segmentRead) return undefined;
    this.segmentRead = true;
    return this.fresh(await this.archive.readSegment(history.sequence, history.slot));
  }

  private async fromChunks({ runId }: RunRecord, last: number): Promise<ArchivedEntry[] | undefined> {
    if (this.chunk >= last) return undefined;
    const chunk = await this.archive.nextChunk(runId, this.chunk + 1);
    if (!chunk) throw new Error(`the history of run ${runId} is not whole: chunk ${last} is missing`);
    this.chunk = chunk.sequence;
    return this.fresh(chunk.entries);
  }

  /** What the run's checkpoint carries. */
  private async fromCheckpoint(record: RunRecord): Promise<ArchivedEntry[] | undefined> {
    const { checkpoint } = record;
    if (!checkpoint?.carries || this.through >= checkpoint.archived) return undefined;
    try {
      const { carried } = await this.checkpoints.read(checkpoint.record);
      return this.fresh(carried ? decodeEntries(carried) : [], checkpoint.archived);
    } catch (error) {
      // Another has taken its place meanwhile.
      if (record.checkpoint === checkpoint && !record.archived) throw error;
      return this.next(record);
    }
  }

  private async fromJournal({ runId, sequences }: RunRecord): Promise<ArchivedEntry[] | undefined> {
    const sequence = sequences.find((noted) => noted > this.through);
    if (sequence === undefined) return undefined;
    const entries: ArchivedEntry[] = [];
    for (const { runId: owner, at, events } of await this.recent.read(sequence)) {
      if (owner === runId) entries.push({ sequence, at, events });
    }
    return this.fresh(entries, sequence);
  }

  /** Without what was read before: what was archived since was read in the journal, or is archived twice. */
  private fresh(entries: ArchivedEntry[], through = 0): ArchivedEntry[] {
    const fresh = entries.filter(({ sequence }) => sequence > this.through);
    this.through = Math.max(this.through, through, entries.at(-1)?.sequence ?? 0);
    return fresh;
  }
}

/** A history as far as it was read, of which a window is kept: the next page goes on from there. */
class OpenHistory {
  private readonly projection: HistoryProjection;
  private readonly window: WireHistoryEvent[] = [];
  private reading: Promise<unknown> = Promise.resolve();

  constructor(
    runId: string,
    private readonly source: RunEntries,
  ) {
    this.projection = new HistoryProjection(runId);
  }

  /** Whether it can still tell what comes after this event. */
  reaches(after: number): boolean {
    return (this.window[0]?.seq ?? 1) <= after + 1;
  }

  /** One reading after the other. */
  read(record: RunRecord, after: number, limit: number): Promise<HistoryPart> {
    const page = this.reading.then(() => this.readPage(record, after, limit));
    this.reading = page.catch(() => undefined);
    return page;
  }

  private async readPage(record: RunRecord, after: number, limit: number): Promise<HistoryPart> {
    while (this.last <= after + limit) {
      // oxlint-disable-next-line no-await-in-loop -- in order, and one chunk in memory at a time
      const entries = await this.source.next(record);
      if (!entries) break;
      this.project(entries);
      this.trim(after);
    }
    const start = this.window.findIndex(({ seq }) => seq > after);
    const events = start < 0 ? [] : this.window.slice(start, start + limit);
    return { events, more: this.last > after + events.length, end: this.window.at(-1)?.kind };
  }

  private get last(): number {
    return this.window.at(-1)?.seq ?? 0;
  }

  private project(entries: readonly ArchivedEntry[]): void {
    for (const { at, events } of entries) {
      for (const event of events) this.window.push(...this.projection.apply(event, at));
    }
  }

  private trim(after: number): void {
    const excess = Math.min(this.window.length - HISTORY_WINDOW, after - (this.window[0]?.seq ?? 0));
    if (excess > HISTORY_WINDOW) this.window.splice(0, excess);
  }
}

/** Keeps the entries that were used last. */
function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
