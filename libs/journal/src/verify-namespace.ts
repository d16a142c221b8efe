/*
 * Reads all that a namespace holds and tells what is not whole. It writes nothing, and coordinators may be at work
 * meanwhile: what it reads may be replaced or removed by them at any time, so that something is told as missing only
 * when what names it is still there.
 */
import { evolve, isEnded, type RunState } from '@ground-control/engine';
import { EVERY_KEY } from '@ground-control/protocol';
import type { NatsConnection } from '@nats-io/nats-core';
import { Checkpoints, type StoredCheckpoint } from './checkpoints.js';
import { JetStreamJournalStore } from './jetstream-journal.js';
import { JournalCorruptError, JournalUncertainError } from './journal-errors.js';

import type { KeyedRecord, KeyedStream } from './keyed-stream.js';
import { type ArchivedEntry, RunArchive, type StoredRow } from './run-archive.js';
import { runKeyOf } from './run-key.js';

/** How often something is read again that a coordinator replaced or purged while it was read. */
const MAX_TRIES = 10;

/** Something that is not whole. */
export interface Finding {
  partition: number;
  /** Where it lies. */
  where: 'journal' | 'checkpoints' | 'history' | 'runs';
  /** The sequence of the record in its stream, 0 where it is about none alone. */
  sequence: number;
  runId?: string | undefined;
  message: string;
}

/** What was read, and what of it is not whole. */
export interface Verification {
  partitions: number;
  /** How many records of journals were read that count. */
  batches: number;
  checkpoints: number;
  /** How many runs that ended were read with their histories. */
  histories: number;
  findings: Finding[];
}

/** Options of {@link verifyNamespace}. */
export interface VerifyOptions {
  /** How long a request to JetStream may take, in milliseconds. @defaultValue 5000 */
  requestTimeoutMs?: number | undefined;
  /** Told from time to time how far it has come. */
  onProgress?: ((partition: number, soFar: Verification) => void) | undefined;
}

/**
 * Verifies a namespace; it stays as it is.
 *
 * @throws InvalidInputError when there is no such namespace
 * @throws JournalUncertainError when something could not be read, which says nothing about whether it is whole
 */
export async function verifyNamespace(
  connection: NatsConnection,
  namespace: string,
  options: VerifyOptions = {},
): Promise<Verification> {
  const store = new JetStreamJournalStore(connection, namespace, options);
  try {
    const { partitions } = await store.openExisting();
    const result: Verification = { partitions, batches: 0, checkpoints: 0, histories: 0, findings: [] };
    for (let partition = 0; partition < partitions; partition += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one partition in memory at a time
      await new PartitionVerifier(store, partition, result, options).verify();
    }
    return result;
  } finally {
    await store.close();
  }
}

class PartitionVerifier {
  private readonly state: KeyedStream;
  private readonly history: KeyedStream;
  private readonly runs: KeyedStream;
  private readonly checkpoints: Checkpoints;
  private readonly archive: RunArchive;

  constructor(
    private readonly store: JetStreamJournalStore,
    private readonly partition: number,
    private readonly result: Verification,
    private readonly options: VerifyOptions,
  ) {
    this.state = store.records('state', partition);
    this.history = store.records('history', partition);
    this.runs = store.records('runs', partition);
    this.checkpoints = new Checkpoints(partition, this.state);
    this.archive = new RunArchive(partition, this.history, this.runs);
  }

  /** Checkpoints before the journal: what they speak of is in the journal by then. */
  async verify(): Promise<void> {
    const checkpoints = await this.readCheckpoints();
    const last = await this.verifyJournal();
    for (const checkpoint of checkpoints) {
      if (last !== undefined && checkpoint.sequence > last) {
        const { record, runId, sequence } = checkpoint;
        this.find('checkpoints', record, `it is of sequence ${sequence}, the journal ends at ${last}`, runId);
      }
      // oxlint-disable-next-line no-await-in-loop -- one at a time
      await this.verifyChunkOf(checkpoint);
    }
    await this.verifyHistory();
    await this.verifyRows();
  }

  /** @returns the last sequence, undefined when the journal is not whole */
  private async verifyJournal(): Promise<number | undefined> {
    try {
      const earlier = await this.checkpoints.readMarker();
      const { first, last } = await again(() => this.readJournal());
      // Purged is what the marker before the purge no longer needs, so this one is read after the journal.
      const later = await this.checkpoints.readMarker();
      if (earlier && earlier.through > last) {
        this.find('checkpoints', 0, `they reach to sequence ${earlier.through}, the journal ends at ${last}`);
      }
      const replayFrom = later?.replayFrom ?? 1;
      if (first > replayFrom) {
        this.find('journal', replayFrom, `it begins at ${first}, a replay begins at ${replayFrom}`);
      }
      return last;
    } catch (error) {
      this.findCorrupt('journal', error);
      return undefined;
    }
  }

  /** @returns the sequences of the first batch, 0 when there is none, and of the last record */
  private async readJournal(): Promise<{ first: number; last: number }> {
    const before = this.result.batches;
    let first = 0;
    try {
      const last = await this.store.partition(this.partition).verify((sequence) => {
        if (first === 0) first = sequence;
        this.count('batches');
      });
      return { first, last };
    } catch (error) {
      if (error instanceof JournalUncertainError) this.result.batches = before;
      throw error;
    }
  }

  private async readCheckpoints(): Promise<Omit<StoredCheckpoint, 'state'>[]> {
    const found: Omit<StoredCheckpoint, 'state'>[] = [];
    await this.readAll(this.state, 'checkpoints', (record) => {
      const checkpoint = this.checkpoints.decodeRecord(record);
      if (!checkpoint) return;
      this.count('checkpoints');
      const { state: _, ...place } = checkpoint;
      found.push({ ...place, carried: undefined });
    });
    return found;
  }

  private async verifyChunkOf({ runId, record, chunk }: Omit<StoredCheckpoint, 'state'>): Promise<void> {
    if (chunk === 0 || (await this.history.get(chunk))) return;
    if ((await this.state.last(runKeyOf(runId)))?.sequence !== record) return;
    this.find('history', chunk, `the events that checkpoint ${record} names are missing`, runId);
  }

  private async verifyHistory(): Promise<void> {
    await this.readAll(this.history, 'history', (record) => this.archive.checkHistory(record));
  }

  private async verifyRows(): Promise<void> {
    const rows: StoredRow[] = [];
    await this.readAll(this.runs, 'runs', (record) => void rows.push(...this.archive.rowsOf(record)));
    for (const row of rows) {
      // oxlint-disable-next-line no-await-in-loop -- one history in memory at a time
      await this.verifyRow(row);
    }
  }

  private async verifyRow(row: StoredRow): Promise<void> {
    const fault = await this.faultOf(row);
    this.count('histories');
    // One that has expired is removed piece by piece.
    if (fault === undefined || row.expiresAt <= Date.now() || !(await this.runs.get(row.sequence))) return;
    this.find('history', row.history.sequence, fault, row.info.id);
  }

  private async faultOf({ info, history }: StoredRow): Promise<string | undefined> {
    try {
      const { sequence, slot } = history;
      const chunked = slot === undefined;
      const entries = chunked
        ? await this.chunksOf(info.id, sequence)
        : await this.archive.readSegment(sequence, slot);
      const state = fold(info.id, entries);
      if (!state) return 'it has no events';
      if (state.status === info.status && isEnded(state.status)) return undefined;
      return `its events end with status ${state.status}, its row says ${info.status}`;
    } catch (error) {
      if (error instanceof JournalUncertainError) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  private async chunksOf(runId: string, last: number): Promise<ArchivedEntry[]> {
    const entries: ArchivedEntry[] = [];
    let from = 1;
    while (from <= last) {
      // oxlint-disable-next-line no-await-in-loop -- each says where the next may begin
      const chunk = await this.archive.nextChunk(runId, from);
      if (!chunk || chunk.sequence > last) break;
      // What was archived twice, after a crash, says the same twice.
      const through = entries.at(-1)?.sequence ?? 0;
      entries.push(...chunk.entries.filter(({ sequence }) => sequence > through));
      from = chunk.sequence + 1;
    }
    if (from <= last) throw new JournalCorruptError(this.partition, 0, `history chunk ${last} is missing`);
    return entries;
  }

  /** Hands over what is there; a record that cannot be decoded is a finding, and the others are read all the same. */
  private async readAll(
    stream: KeyedStream,
    where: Finding['where'],
    onRecord: (record: KeyedRecord) => void,
  ): Promise<void> {
    let from = 1;
    await again(async () => {
      const until = (await stream.last(EVERY_KEY))?.sequence ?? 0;
      await stream.read({ from, until }, (record) => {
        from = record.sequence + 1;
        try {
          onRecord(record);
        } catch (error) {
          this.find(where, record.sequence, messageOf(error), undefined);
        }
      });
    });
  }

  private findCorrupt(where: Finding['where'], error: unknown): void {
    if (!(error instanceof JournalCorruptError)) throw error;
    this.find(where, error.sequence, error.message);
  }

  private find(where: Finding['where'], sequence: number, message: string, runId?: string): void {
    this.result.findings.push({ partition: this.partition, where, sequence, runId, message });
  }

  private count(what: 'batches' | 'checkpoints' | 'histories'): void {
    this.result[what] += 1;
    if (this.result[what] % 1000 === 0) this.options.onProgress?.(this.partition, this.result);
  }
}

/** The state that events lead to. @throws Error for an illegal walk */
function fold(runId: string, entries: readonly ArchivedEntry[]): RunState | undefined {
  let state: RunState | undefined;
  for (const { at, events } of entries) {
    for (const event of events) state = evolve(state, runId, event, at);
  }
  return state;
}

/** Tries again what was changed while it was read. */
async function again<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      return await read();
    } catch (error) {
      if (!(error instanceof JournalUncertainError) || tries === MAX_TRIES) throw error;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
