/*
 * The checkpoints of a partition. Invariants:
 *
 * 1. A checkpoint is of a state that is durable: everything it holds was acknowledged by the journal.
 * 2. Only the leader that took over last writes: every record names the marker that its leader wrote as the last one.
 *    A leader that was paused, and wakes, is refused.
 * 3. Marker last: when it is there, so is everything that it speaks of. Each record stands for itself, so a crash
 *    between any two leaves newer checkpoints beside an older marker, which is harmless: a replay skips what a
 *    checkpoint includes.
 */
import { fromSnapshot, type RunSnapshot, type RunState, toSnapshot } from '@ground-control/engine';
import { decodeMessage, encodeMessage } from '@ground-control/protocol';
import { JournalCorruptError, JournalFencedError } from './journal-errors.js';
import type { KeyedRecord, KeyedStream } from './keyed-stream.js';
import { NO_RECORD, type RecordMark } from './record-mark.js';
import { runKeyOf } from './run-key.js';

/** The version of a checkpoint's and of a marker's format. */
export const CHECKPOINT_VERSION = 1;

/** How long a run's tombstone stays, in milliseconds: long after the checkpoint before it is gone from every replica. */
export const TOMBSTONE_TTL_MS: number = 24 * 60 * 60 * 1000;

const MARKER_KEY = 'marker';
/** How often a leader tries to write its marker while others write theirs. */
const MAX_TAKE_OVER_TRIES = 10;

/** A run's state, as of a place in the journal. */
export interface Checkpoint {
  runId: string;
  /** The last journal sequence whose events the state includes. */
  sequence: number;
  /** The last journal sequence whose events are in the run's history chunks, or carried here. */
  archived: number;
  /** The sequence of the last of those chunks, 0 when there is none. */
  chunk: number;
  /** The events that came after the chunks, as {@link encodeEntries} made them: too few for a chunk of their own. */
  carried: Uint8Array | undefined;
  state: RunState;
}

/** A checkpoint, and its place. */
export interface StoredCheckpoint extends Checkpoint {
  /** The sequence of its record. */
  record: number;
}

/** How far checkpoints and archive have come. */
export interface Marker {
  /** What every run did up to this journal sequence is in its checkpoint, or archived, or is still to be replayed. */
  through: number;
  /** Where a replay begins: the first journal sequence that is neither in a checkpoint nor archived; it counts. */
  replayFrom: number;
  /** What was put last into the streams of histories and rows: where it is not there, their tail was lost. */
  history: RecordMark;
  runs: RecordMark;
}

const NO_MARKER: Marker = { through: 0, replayFrom: 1, history: NO_RECORD, runs: NO_RECORD };

/** The checkpoints of a partition, for the one leader that writes them. */
export class Checkpoints {
  /** The sequence of this leader's last marker, which fences all others (2). */
  private fence = 0;

  constructor(
    private readonly partition: number,
    private readonly stream: KeyedStream,
  ) {}

  get maxBytes(): number {
    return this.stream.maxRecordBytes;
  }

  /**
   * Fences every earlier leader (2).
   *
   * @returns the last marker, undefined where none was written
   * @throws JournalFencedError when others wrote theirs each time
   * @throws JournalUncertainError when the storage does not answer
   */
  async takeOver(epoch: string): Promise<Marker | undefined> {
    for (let tries = 1; ; tries += 1) {
      const last = await this.stream.last(MARKER_KEY);
      const marker = last && this.decodeMarker(last);
      try {
        await this.putMarker(epoch, marker ?? NO_MARKER, last?.sequence ?? 0);
        return marker;
      } catch (error) {
        if (!(error instanceof JournalFencedError) || tries === MAX_TAKE_OVER_TRIES) throw error;
      }
    }
  }

  /** Hands over the checkpoint of every run that has one. After {@link takeOver}: nobody else writes any more. */
  async load(onCheckpoint: (checkpoint: StoredCheckpoint) => void): Promise<void> {
    await this.stream.read({ from: 1, until: this.fence }, (record) => {
      if (record.key !== MARKER_KEY && record.body.length > 0) onCheckpoint(this.decode(record));
    });
  }

  /** The last marker, without fencing anyone. */
  async readMarker(): Promise<Marker | undefined> {
    const last = await this.stream.last(MARKER_KEY);
    return last && this.decodeMarker(last);
  }

  /** What a record of the stream holds: undefined for a marker, and for a run that was forgotten. */
  decodeRecord(record: KeyedRecord): StoredCheckpoint | undefined {
    if (record.key !== MARKER_KEY) return record.body.length > 0 ? this.decode(record) : undefined;
    this.decodeMarker(record);
    return undefined;
  }

  /** @throws JournalCorruptError when there is none at this place */
  async read(record: number): Promise<StoredCheckpoint> {
    const found = await this.stream.get(record);
    if (found) return this.decode(found);
    throw new JournalCorruptError(this.partition, 0, `checkpoint ${record} is missing`);
  }

  /** A state in bytes, made at once: it may change after that. */
  encode(state: RunState): Uint8Array {
    return encodeMessage(toSnapshot(state));
  }

  /** The bytes of a checkpoint. @param state as {@link encode} made it */
  seal(
    { runId, sequence, archived, chunk, carried }: Omit<Checkpoint, 'state'>,
    state: Uint8Array,
  ): Uint8Array {
    return encodeMessage([CHECKPOINT_VERSION, runId, sequence, archived, chunk, state, carried]);
  }

  /** Writes a checkpoint over the run's last one. @returns the sequence of its record */
  write(runId: string, bytes: Uint8Array): Promise<number> {
    return this.stream.put(runKeyOf(runId), bytes, { expect: this.expectation });
  }

  /** Removes a run's checkpoint, once all that it did is archived. */
  async forget(runId: string): Promise<void> {
    await this.stream.put(runKeyOf(runId), new Uint8Array(), {
      expect: this.expectation,
      ttlMs: TOMBSTONE_TTL_MS,
    });
  }

  /** Says how far the checkpoints have come. Everything that was written before is acknowledged (3). */
  async mark(epoch: string, marker: Marker): Promise<void> {
    await this.putMarker(epoch, marker, this.fence);
  }

  private get expectation(): { key: string; sequence: number } {
    return { key: MARKER_KEY, sequence: this.fence };
  }

  private async putMarker(epoch: string, marker: Marker, after: number): Promise<void> {
    const { through, replayFrom, history, runs } = marker;
    const marks = [history.sequence, history.digest, runs.sequence, runs.digest];
    const body = encodeMessage([CHECKPOINT_VERSION, epoch, through, replayFrom, ...marks]);
    this.fence = await this.stream.put(MARKER_KEY, body, { expect: { key: MARKER_KEY, sequence: after } });
  }

  private decodeMarker({ sequence, body }: KeyedRecord): Marker {
    const [, , through, replayFrom, ...marks] = this.decodeFields(sequence, body);
    const [history = 0, historyDigest = 0, runs = 0, runsDigest = 0] = marks as number[];
    return {
      through: through as number,
      replayFrom: replayFrom as number,
      history: { sequence: history, digest: historyDigest },
      runs: { sequence: runs, digest: runsDigest },
    };
  }

  private decode({ sequence: record, body }: KeyedRecord): StoredCheckpoint {
    const [, runId, sequence, archived, chunk, bytes, carried] = this.decodeFields(record, body);
    const state = fromSnapshot(decodeMessage(bytes as Uint8Array, { copyValues: true }) as RunSnapshot);
    const fields = { runId, sequence, archived, chunk, carried } as Omit<Checkpoint, 'state'>;
    return { record, state, ...fields };
  }

  private decodeFields(record: number, body: Uint8Array): unknown[] {
    const fields = decodeMessage(body);
    if (Array.isArray(fields) && fields[0] === CHECKPOINT_VERSION) return fields as unknown[];
    const version = Array.isArray(fields) ? String(fields[0]) : 'none';
    const what = `checkpoint ${record} has version ${version}, this release reads ${CHECKPOINT_VERSION}`;
    throw new JournalCorruptError(this.partition, 0, what);
  }
}
