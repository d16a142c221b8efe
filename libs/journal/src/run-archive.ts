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
import { decodeMessage, encodeMessage, type RunStatus, type WireRunInfo } from '@ground-control/protocol';
import { attributeDigests } from './attribute-digests.js';
import { entryBytesAtMost } from './entry-bytes.js';
import { JournalCorruptError } from './journal-errors.js';
import type { KeyedRecord, KeyedStream } from './keyed-stream.js';
import { markOf, NO_RECORD, type RecordMark } from './record-mark.js';
import { runKeyOf } from './run-key.js';

/** The version of the archive's formats. */
export const ARCHIVE_VERSION = 1;
/** About how large a segment or a chunk becomes, in bytes, unless a single entry is larger. */
export const SEGMENT_BYTES: number = 128 * 1024;
/** The most rows in one message. */
export const SEGMENT_ROWS = 64;

const SEGMENT_KEY = 'segment';
const FENCE_KEY = 'fence';
const FENCE_TTL_MS = 60 * 60 * 1000;

/** Events of one run that were decided together, and where the journal had them. */
export interface ArchivedEntry {
  sequence: number;
  at: number;
  events: RunEvent[];
  /** How much it takes of a message at most, in bytes, where that is known already. */
  bytes?: number | undefined;
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

/** What of a row an index needs, and its place. */
export interface RowSummary {
  runId: string;
  workflowId: string;
  workflowType: string;
  status: RunStatus;
  startedAt: number;
  expiresAt: number;
  /** Whether the run's history is in chunks of its own. */
  chunked: boolean;
  /** As {@link attributeDigests} makes them. */
  digests: number[];
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
      const body = encodeRows(part);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const sequence = await this.runs.put(SEGMENT_KEY, body, { ttlMs });
      this.written.runs = markOf(sequence, body);
      for (const [slot, row] of part.entries()) stored.push({ ...row, sequence, slot });
    }
    return stored;
  }

  /** Hands over a summary of every row that is there, those that were archived first before the others. */
  async readSummaries(onRow: (row: RowSummary) => void): Promise<void> {
    const until = await this.runs.put(FENCE_KEY, new Uint8Array(), { ttlMs: FENCE_TTL_MS });
    await this.runs.read({ key: undefined, from: 1, until }, ({ key, sequence, body }) => {
      if (key !== SEGMENT_KEY) return;
      const summaries = decodeMessage(this.decode(sequence, body)[1] as Uint8Array) as unknown[][];
      for (let slot = 0; slot < summaries.length; slot++) {
        onRow(summaryOf(summaries[slot] ?? [], sequence, slot));
      }
    });
  }

  /** The rows that one message holds, each still encoded; none when it has expired. */
  async readRowsAt(sequence: number): Promise<Uint8Array[]> {
    const found = await this.runs.get(sequence);
    return found ? (this.decode(sequence, found.body)[2] as Uint8Array[]) : [];
  }

  /** @throws JournalCorruptError when a record of the histories is not of this version */
  checkHistory({ sequence, body }: KeyedRecord): void {
    this.decode(sequence, body);
  }

  /** The rows in a record of the listing, none in a fence. */
  rowsOf({ key, sequence, body }: KeyedRecord): StoredRow[] {
    if (key !== SEGMENT_KEY) return [];
    const rows = this.decode(sequence, body)[2] as Uint8Array[];
    return rows.map((row, slot) => ({ ...decodeRow(row), sequence, slot }));
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

function bytesOf(runId: string, { at, events, bytes }: ArchivedEntry): number {
  return bytes ?? entryBytesAtMost({ runId, at, events });
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

/** Rows as `[version, summaries, rows]`: who builds an index reads the ones, who shows a run one of the others. */
function encodeRows(rows: readonly RunRow[]): Uint8Array {
  const summaries = rows.map(({ info, expiresAt, history }) => [
    info.id,
    info.workflowId,
    info.workflowType,
    info.status,
    info.startedAt,
    expiresAt,
    history.slot === undefined,
    attributeDigests(info.attributes),
  ]);
  return encodeMessage([ARCHIVE_VERSION, encodeMessage(summaries), rows.map((row) => encodeMessage(row))]);
}

/** Decodes one of the rows that {@link RunArchive.readRowsAt} has read. */
export function decodeRow(bytes: Uint8Array): RunRow {
  return decodeMessage(bytes) as RunRow;
}

function summaryOf(fields: unknown[], sequence: number, slot: number): RowSummary {
  return {
    runId: fields[0] as string,
    workflowId: fields[1] as string,
    workflowType: fields[2] as string,
    status: fields[3] as RunStatus,
    startedAt: fields[4] as number,
    expiresAt: fields[5] as number,
    chunked: fields[6] as boolean,
    digests: fields[7] as number[],
    sequence,
    slot,
  };
}
