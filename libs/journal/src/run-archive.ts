/*
 * What is kept of runs after the journal was purged: their events, and for those that ended a row each. Both are
 * written many at a time: a message a run would cost NATS more than the run itself did.
 *
 * A run that ended soon has its events in a segment, together with others that ended then. One that was still active
 * at a checkpoint, or is large, has chunks of its own. What is written twice, after a crash or by a leader that was
 * replaced, says the same twice: events carry the journal sequence that they come from, and a reader skips what it has.
 */
import {
  fromSnapshot,
  type RunEvent,
  type RunSnapshot,
  type RunState,
  toSnapshot,
} from '@ground-control/engine';
import { decodeMessage, encodeMessage, type WireRunInfo } from '@ground-control/protocol';
import { entryBytesAtMost } from './entry-bytes.js';
import { JournalCorruptError } from './journal-errors.js';
import type { KeyedStream } from './keyed-stream.js';
import { markOf, NO_RECORD, type RecordMark } from './record-mark.js';
import { runKeyOf } from './run-key.js';

/** The version of the archive's formats. */
export const ARCHIVE_VERSION = 1;
/** About how large a segment or a chunk becomes, in bytes, unless a single entry is larger. */
export const SEGMENT_BYTES: number = 128 * 1024;
/** The most rows in one message. */
export const SEGMENT_ROWS = 256;

const SEGMENT_KEY = 'segment';
const FENCE_KEY = 'fence';
const FENCE_TTL_MS = 60 * 60 * 1000;

/** Events of one run that were decided together, and where the journal had them. */
export interface ArchivedEntry {
  sequence: number;
  at: number;
  events: RunEvent[];
}

/** Where the events of an archived run are: a slot of a segment, or (`slot` absent) chunks, of which this is the last. */
export interface HistoryPlace {
  sequence: number;
  slot?: number | undefined;
}

/** A run that ended, as it goes into the archive. */
export interface EndedRunRecord {
  info: WireRunInfo;
  /** When it is forgotten, in milliseconds since the epoch. */
  expiresAt: number;
  /** Its events, unless it has chunks. */
  entries: ArchivedEntry[];
  /** The sequence of the last of its chunks, 0 when it has none. */
  chunk: number;
}

/** The row of a run that ended. */
export interface RunRow {
  info: WireRunInfo;
  expiresAt: number;
  history: HistoryPlace;
}

/** A row, and its place. */
export interface StoredRow extends RunRow {
  sequence: number;
  slot: number;
}

/** The archive of a partition. */
export class RunArchive {
  /** What this leader, or those before it as far as it knows, put last into each stream. */
  written: { history: RecordMark; runs: RecordMark } = { history: NO_RECORD, runs: NO_RECORD };

  constructor(
    private readonly partition: number,
    private readonly history: KeyedStream,
    private readonly runs: KeyedStream,
  ) {}

  /** Goes on from what earlier leaders put last. @returns whether it is there: otherwise a tail was lost */
  async resume(written: { history: RecordMark; runs: RecordMark }): Promise<boolean> {
    const found = await Promise.all([has(this.history, written.history), has(this.runs, written.runs)]);
    const whole = found.every(Boolean);
    if (whole) this.written = { history: written.history, runs: written.runs };
    return whole;
  }

  /** The sequence of the last of a run's own chunks that is there, 0 when there is none. */
  async lastChunk(runId: string): Promise<number> {
    return (await this.history.last(runKeyOf(runId)))?.sequence ?? 0;
  }

  /**
   * Adds events to a run's own chunks.
   *
   * @param state the state that the run ended with, with its last chunk
   * @returns the sequence of the last chunk
   */
  async addChunks(runId: string, entries: ArchivedEntry[], state?: RunState): Promise<number> {
    const key = runKeyOf(runId);
    const parts = partsOf(entries, (entry) => bytesOf(runId, entry), SEGMENT_BYTES, Infinity);
    const bodies = parts.map((part) => encodeMessage([ARCHIVE_VERSION, runId, plain(part)]));
    const end = state && encodeMessage([ARCHIVE_VERSION, runId, [], toSnapshot(state)]);
    if (end && end.length <= this.history.maxRecordBytes) bodies.push(end);
    const sequences = await Promise.all(bodies.map((body) => this.putHistory(key, body, undefined)));
    return sequences.at(-1) ?? 0;
  }

  /** The first of a run's own chunks from this sequence on. */
  async nextChunk(
    runId: string,
    from: number,
  ): Promise<{ sequence: number; entries: ArchivedEntry[] } | undefined> {
    const found = await this.history.next(runKeyOf(runId), from);
    if (!found) return undefined;
    const [, , entries] = this.decode(found.sequence, found.body);
    return { sequence: found.sequence, entries: entriesOf(entries) };
  }

  /** The state that a run with chunks ended with, where its last chunk has it. */
  async readEnd(chunk: number): Promise<RunState | undefined> {
    const [, , , snapshot] = await this.readFields(this.history, chunk);
    return snapshot ? fromSnapshot(snapshot as RunSnapshot) : undefined;
  }

  /** The events of a run that is in a segment. */
  async readSegment(sequence: number, slot: number): Promise<ArchivedEntry[]> {
    const [, runs] = await this.readFields(this.history, sequence);
    return entriesOf((runs as unknown[])[slot]);
  }

  /**
   * Archives runs that ended.
   *
   * @param ttlMs how long their records stay; undefined for ever
   * @returns a row for each, in the same order
   */
  async addEnded(runs: EndedRunRecord[], ttlMs: number | undefined): Promise<StoredRow[]> {
    const rows: RunRow[] = [];
    for (const part of partsOf(runs, bytesOfRun, SEGMENT_BYTES, SEGMENT_ROWS)) {
      // oxlint-disable-next-line no-await-in-loop -- one segment in memory at a time
      rows.push(...(await this.addSegment(part, ttlMs)));
    }
    const stored: StoredRow[] = [];
    for (const part of partsOf(rows, bytesOfRow, SEGMENT_BYTES, SEGMENT_ROWS)) {
      const body = encodeMessage([ARCHIVE_VERSION, part.map(rowFields)]);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const sequence = await this.runs.put(SEGMENT_KEY, body, { ttlMs });
      this.written.runs = markOf(sequence, body);
      for (const [slot, row] of part.entries()) stored.push({ ...row, sequence, slot });
    }
    return stored;
  }

  /** Hands over every row that is there, those that were archived first before the others. */
  async readRows(onRow: (row: StoredRow) => void): Promise<void> {
    const until = await this.runs.put(FENCE_KEY, new Uint8Array(), { ttlMs: FENCE_TTL_MS });
    await this.runs.read({ key: undefined, from: 1, until }, ({ key, sequence, body }) => {
      if (key !== SEGMENT_KEY) return;
      for (const row of this.rowsOf(sequence, body)) onRow(row);
    });
  }

  /** The rows that one message holds; none when it has expired. */
  async readRowsAt(sequence: number): Promise<StoredRow[]> {
    const found = await this.runs.get(sequence);
    return found ? this.rowsOf(sequence, found.body) : [];
  }

  /** Removes a run's own chunks. */
  async removeChunks(runId: string): Promise<void> {
    await this.history.remove(runKeyOf(runId));
  }

  private async addSegment(runs: EndedRunRecord[], ttlMs: number | undefined): Promise<RunRow[]> {
    const short = runs.filter(({ chunk }) => chunk === 0);
    const body = encodeMessage([ARCHIVE_VERSION, short.map(({ entries }) => plain(entries))]);
    const sequence = short.length > 0 ? await this.putHistory(SEGMENT_KEY, body, ttlMs) : 0;
    let slot = 0;
    return runs.map(({ info, expiresAt, chunk }) => ({
      info,
      expiresAt,
      history: chunk > 0 ? { sequence: chunk } : { sequence, slot: slot++ },
    }));
  }

  private async putHistory(key: string, body: Uint8Array, ttlMs: number | undefined): Promise<number> {
    const sequence = await this.history.put(key, body, { ttlMs });
    if (sequence > this.written.history.sequence) this.written.history = markOf(sequence, body);
    return sequence;
  }

  private rowsOf(sequence: number, body: Uint8Array): StoredRow[] {
    const [, rows] = this.decode(sequence, body);
    return (rows as unknown[][]).map((fields, slot) => ({ ...rowOf(fields), sequence, slot }));
  }

  private async readFields(stream: KeyedStream, sequence: number): Promise<unknown[]> {
    const found = await stream.get(sequence);
    if (found) return this.decode(sequence, found.body);
    throw new JournalCorruptError(this.partition, 0, `archived record ${sequence} is missing`);
  }

  private decode(sequence: number, body: Uint8Array): unknown[] {
    const fields = decodeMessage(body);
    if (Array.isArray(fields) && fields[0] === ARCHIVE_VERSION) return fields as unknown[];
    const version = Array.isArray(fields) ? String(fields[0]) : 'none';
    const what = `archived record ${sequence} has version ${version}, this release reads ${ARCHIVE_VERSION}`;
    throw new JournalCorruptError(this.partition, 0, what);
  }
}

async function has(stream: KeyedStream, { sequence, digest }: RecordMark): Promise<boolean> {
  if (sequence === 0) return true;
  const found = await stream.get(sequence);
  return found !== undefined && markOf(sequence, found.body).digest === digest;
}

/** Whether a run's events are more than this. */
export function isLarger(runId: string, entries: readonly ArchivedEntry[], thanBytes: number): boolean {
  let bytes = 0;
  for (const entry of entries) {
    bytes += bytesOf(runId, entry);
    if (bytes > thanBytes) return true;
  }
  return false;
}

/** Entries in bytes, to be carried by a checkpoint. */
export function encodeEntries(entries: readonly ArchivedEntry[]): Uint8Array {
  return encodeMessage(plain(entries));
}

/** Undoes {@link encodeEntries}. */
export function decodeEntries(bytes: Uint8Array): ArchivedEntry[] {
  return entriesOf(decodeMessage(bytes));
}

function bytesOf(runId: string, { at, events }: ArchivedEntry): number {
  return entryBytesAtMost({ runId, at, events });
}

function bytesOfRun({ info, entries }: EndedRunRecord): number {
  let bytes = 0;
  for (const entry of entries) bytes += bytesOf(info.id, entry);
  return bytes;
}

function bytesOfRow({ info }: RunRow): number {
  const { error, attributes } = info;
  return 512 + JSON.stringify([error?.message, error?.stack, attributes]).length;
}

/** Cuts a row into parts, each within both limits unless it is a single item. */
function partsOf<Item>(
  items: readonly Item[],
  bytesOfItem: (item: Item) => number,
  maxBytes: number,
  maxItems: number,
): Item[][] {
  const parts: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = bytesOfItem(item);
    const part = parts.at(-1);
    if (part && bytes + size <= maxBytes && part.length < maxItems) {
      part.push(item);
      bytes += size;
      continue;
    }
    parts.push([item]);
    bytes = size;
  }
  return parts;
}

function plain(entries: readonly ArchivedEntry[]): unknown[] {
  return entries.map(({ sequence, at, events }) => [sequence, at, events]);
}

function entriesOf(fields: unknown): ArchivedEntry[] {
  return (fields as [number, number, RunEvent[]][]).map(([sequence, at, events]) => ({
    sequence,
    at,
    events,
  }));
}

function rowFields({ info, expiresAt, history }: RunRow): unknown[] {
  const { id, workflowId, workflowType, status, startedAt, closedAt, parent, error, attributes } = info;
  const { sequence, slot } = history;
  const places = [expiresAt, sequence, slot ?? -1];
  const fields = [id, workflowId, workflowType, status, startedAt, closedAt, ...places];
  return error || parent || attributes ? [...fields, attributes, parent, error] : fields;
}

function rowOf(fields: unknown[]): RunRow {
  const [id, workflowId, workflowType, status, startedAt, closedAt] = fields;
  const [expiresAt, sequence, slot, attributes, parent, error] = fields.slice(6);
  const info = { id, workflowId, workflowType, status, startedAt, closedAt, attributes, parent, error };
  const history = slot === -1 ? { sequence } : { sequence, slot };
  return { info, expiresAt, history } as RunRow;
}
