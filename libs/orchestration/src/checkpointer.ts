/*
 * Keeps what runs did outside of the journal, so that it can be purged and a recovery reads little. Invariants:
 *
 * 1. Nothing is purged that is not kept elsewhere: histories and rows first, then checkpoints, then the marker that
 *    speaks of them; the purge, of checkpoints too, long after that, when the disk has them all.
 * 2. A checkpoint is of what is durable, at a known place in the journal.
 * 3. A crash between any two steps leaves things written twice, never something missing: the next leader begins where
 *    the last marker says, and skips for each run what its checkpoint includes.
 * 4. Work is done in slices, in the background: the leader's own work goes on between them.
 *
 * The journal itself says what changed; runs that commit leave no other trace. A run that ends soon is never
 * checkpointed, only archived. One that goes on is, once it is older than an interval.
 */
import type { EndedRunRecord } from '@ground-control/journal';
import {
  type ArchivedEntry,
  attributeDigests,
  type Checkpoints,
  decodeEntries,
  encodeEntries,
  entryBytesAtMost,
  isLarger,
  JournalFencedError,
  type JournalEntry,
  type PartitionJournal,
  type RunArchive,
  SEGMENT_BYTES,
  type StoredRow,
} from '@ground-control/journal';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from '@ground-control/engine';
import { PayloadTooLargeError, type WireRunInfo } from '@ground-control/protocol';
import type { CheckpointPolicy } from './checkpoint-policy.js';
import { IdleRuns } from './idle-runs.js';
import {
  ARCHIVE_CONCURRENCY,
  CHECKPOINT_BYTES,
  CHECKPOINT_CONCURRENCY,
  CHECKPOINT_ENTRIES,
  MAX_PINNED_BYTES,
  MAX_PINNED_ENTRIES,
  SLICE_ENTRIES,
} from './limits.js';
import type { RecentBatches } from './recent-batches.js';
import { isFinished, type RunRecord } from './run-record.js';
import type { IndexedRun } from './run-index.js';
import type { RunTable } from './run-table.js';

/** The most bytes of events that a checkpoint carries: more go into a chunk. */
export const CARRIED_BYTES: number = 16 * 1024;

/** The longest rest between two groups of runs, in milliseconds. */
const MAX_REST_MS = 20;

/** How long the rows of runs with chunks of their own outlive their retention, so that the chunks are removed first. */
export const CHUNKED_GRACE_MS: number = 7 * 24 * 60 * 60 * 1000;

/** What a checkpointer works with. */
export interface CheckpointerPorts {
  readonly epoch: string;
  readonly journal: PartitionJournal;
  readonly checkpoints: Checkpoints;
  readonly archive: RunArchive;
  readonly runs: RunTable;
  readonly recent: RecentBatches;
  readonly policy: CheckpointPolicy;
  readonly clock: () => number;
  /** The last journal sequence that is durable. */
  committed(): number;
  /** Resolves once everything decided so far is durable, with the journal sequence that has exactly that. */
  settled(): Promise<number>;
  /** How long a type's runs are kept after they ended, in milliseconds. */
  retentionOf(workflowType: string): number;
  /** The term is over: another leader writes. */
  onFenced(error: unknown): void;
  /** Something was not done, and will be tried again. */
  onTrouble(error: unknown): void;
}

/** A run with events that are neither archived nor in a checkpoint, and those events. */
interface PinnedRun {
  runId: string;
  entries: ArchivedEntry[];
  /** What they take at most. */
  bytes: number;
  /** When it was pinned. */
  since: number;
  /** Its state is too large for a checkpoint: the journal is kept for its sake. */
  stuck: boolean;
}

/** What is removed when its time has come: the journal up to a sequence, and checkpoints of runs that are archived. */
interface Purge {
  at: number;
  before: number;
  concluded: string[];
}

interface Snapshot {
  record: RunRecord;
  bytes: Uint8Array;
  changes: number;
}

interface EndedRun {
  run: PinnedRun;
  record: RunRecord;
  /** All its events that were in no chunk. */
  entries: ArchivedEntry[];
  archived: EndedRunRecord;
}

export class Checkpointer {
  private readonly pinned = new Map<string, PinnedRun>();
  private pinnedEntries = 0;
  private pinnedBytes = 0;
  private readonly idle: IdleRuns;
  private readonly purges: Purge[] = [];
  /** Runs that are archived since the last marker, and whose checkpoints are to be removed. */
  private readonly concluded: string[] = [];
  private marked = 0;
  private uncheckpointed = { entries: 0, bytes: 0 };
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /**
   * @param through up to which journal sequence everything is in a checkpoint or archived
   * @param began the sequence with which the term began: up to there the journal is another's to purge
   */
  constructor(
    private readonly ports: CheckpointerPorts,
    private through: number,
    private readonly began: number,
  ) {
    this.idle = new IdleRuns(ports.runs, ports.checkpoints, ports.policy.idleAfterMs, ports.clock);
  }

  start(): void {
    this.timer = setInterval(() => void this.run(), this.ports.policy.intervalMs).unref();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  /** Counts what was committed: a checkpoint begins when it is much. */
  noteCommitted(entries: number, bytes: number): void {
    this.uncheckpointed.entries += entries;
    this.uncheckpointed.bytes += bytes;
    const { entries: many, bytes: much } = this.uncheckpointed;
    if ((many >= CHECKPOINT_ENTRIES || much >= CHECKPOINT_BYTES) && !this.running) void this.run();
  }

  /** A run that has finished is to be archived, whether or not the journal has anything of it. */
  owe(runId: string): void {
    this.pinned.set(runId, { runId, entries: [], bytes: 0, since: this.ports.clock(), stuck: false });
  }

  /** Removes the checkpoints of runs that are archived, when that is old enough. */
  forgetLater(runIds: string[]): void {
    const { clock, policy } = this.ports;
    this.purges.push({ at: clock() + policy.purgeDelayMs, before: 0, concluded: runIds });
  }

  /** Brings the state of an idle run back. Until then nothing is decided on it. */
  load(record: RunRecord): Promise<void> {
    return this.idle.load(record);
  }

  /** Makes a checkpoint, unless one is under way. @returns when it is done, or was given up */
  run(): Promise<void> {
    this.running ??= this.checkpoint()
      .catch((error: unknown) => this.fail(error))
      .finally(() => (this.running = undefined));
    return this.running;
  }

  private fail(error: unknown): void {
    if (this.stopped) return;
    if (error instanceof JournalFencedError) this.ports.onFenced(error);
    else this.ports.onTrouble(error);
  }

  private async checkpoint(): Promise<void> {
    this.uncheckpointed = { entries: 0, bytes: 0 };
    const end = this.ports.committed();
    do {
      // oxlint-disable-next-line no-await-in-loop -- one slice in memory at a time
      await this.slice(end);
      if (this.stopped) return;
    } while (this.through < end);
    await this.mark();
    await this.purgeDue();
    if (!this.stopped) this.idle.evict((record) => !this.pinned.has(record.runId));
    await this.expire();
  }

  private async slice(end: number): Promise<void> {
    await this.collect(end);
    const ended: PinnedRun[] = [];
    const aged: PinnedRun[] = [];
    const excess = {
      entries: this.pinnedEntries - MAX_PINNED_ENTRIES,
      bytes: this.pinnedBytes - MAX_PINNED_BYTES,
    };
    for (const run of this.pinned.values()) {
      const record = this.ports.runs.get(run.runId);
      if (!record) this.unpin(run);
      else if (isFinished(record)) ended.push(run);
      else if (this.isAged(run, excess)) aged.push(run);
    }
    if (aged.length > 0)
      await this.inGroups(aged, CHECKPOINT_CONCURRENCY, (group) => this.checkpointRuns(group));
    if (ended.length > 0) await this.archiveRuns(ended);
  }

  /** Reads on in the journal, for about a slice. */
  private async collect(end: number): Promise<void> {
    for (let entries = 0; this.through < end && entries < SLICE_ENTRIES; this.through += 1) {
      if (entries > 0 && this.pinnedBytes > MAX_PINNED_BYTES) break;
      const sequence = this.through + 1;
      const batch = this.ports.recent.read(sequence);
      // oxlint-disable-next-line no-await-in-loop -- in order; most are at hand
      const found = batch instanceof Promise ? await batch : batch;
      for (const entry of found) this.pin(sequence, entry);
      entries += Math.max(1, found.length);
    }
    this.ports.recent.forget(this.through);
  }

  private pin(sequence: number, entry: JournalEntry): void {
    const { runId, at, events } = entry;
    const record = this.ports.runs.get(runId);
    if (!record || sequence <= (record.checkpoint?.archived ?? 0)) return;
    let run = this.pinned.get(runId);
    if (!run) {
      run = { runId, entries: [], bytes: 0, since: this.ports.clock(), stuck: false };
      this.pinned.set(runId, run);
    }
    const bytes = entryBytesAtMost(entry);
    run.entries.push({ sequence, at, events, bytes });
    run.bytes += bytes;
    this.pinnedEntries += 1;
    this.pinnedBytes += bytes;
  }

  private unpin(run: PinnedRun): void {
    if (!this.pinned.delete(run.runId)) return;
    this.pinnedEntries -= run.entries.length;
    this.pinnedBytes -= run.bytes;
  }

  /** Old runs, and where too much waits in memory the oldest of the others. */
  private isAged(
    { since, stuck, entries, bytes }: PinnedRun,
    excess: { entries: number; bytes: number },
  ): boolean {
    if (stuck) return false;
    const { clock, policy } = this.ports;
    if (clock() - since >= policy.intervalMs) return true;
    if (excess.entries <= 0 && excess.bytes <= 0) return false;
    excess.entries -= entries.length;
    excess.bytes -= bytes;
    return true;
  }

  // ---- runs that go on -----------------------------------------------------------------------------------------------

  private async checkpointRuns(runs: PinnedRun[]): Promise<void> {
    const { checkpoints } = this.ports;
    const archived = this.through;
    const histories = await Promise.all(runs.map((run) => this.keepHistory(run)));
    const snapshots = runs.map((run) => this.snapshot(run));
    const sequence = await this.ports.settled();
    const work = runs.map(async (run, index) => {
      const [history, snapshot] = [histories[index], snapshots[index]];
      if (!history || !snapshot) return;
      const { record, bytes, changes } = snapshot;
      const sealed = checkpoints.seal({ ...history, runId: run.runId, sequence, archived }, bytes);
      const stored = await this.write(run, sealed);
      if (stored === undefined) return;
      const carries = history.carried !== undefined;
      record.checkpoint = { record: stored, sequence, archived, chunk: history.chunk, carries };
      record.sequences = record.sequences.filter((noted) => noted > archived);
      this.unpin(run);
      this.idle.add(record, changes);
    });
    await Promise.all(work);
  }

  /** Writes the run's events into chunks, once they are more than a checkpoint carries. */
  private async keepHistory(
    run: PinnedRun,
  ): Promise<{ chunk: number; carried: Uint8Array | undefined } | undefined> {
    const record = this.ports.runs.get(run.runId);
    if (!record) return undefined;
    const entries = await this.entriesOf(record, run);
    if (!isLarger(run.runId, entries, CARRIED_BYTES)) {
      return { chunk: record.checkpoint?.chunk ?? 0, carried: encodeEntries(entries) };
    }
    return { chunk: await this.ports.archive.addChunks(run.runId, entries), carried: undefined };
  }

  /** The run's events that are in no chunk. */
  private async entriesOf({ checkpoint }: RunRecord, { entries }: PinnedRun): Promise<ArchivedEntry[]> {
    if (!checkpoint?.carries) return entries;
    const { carried } = await this.ports.checkpoints.read(checkpoint.record);
    if (!carried) return entries;
    const earlier = decodeEntries(carried);
    const last = earlier.at(-1)?.sequence ?? 0;
    return [...earlier, ...entries.filter(({ sequence }) => sequence > last)];
  }

  /** The state as it is now, in bytes: it changes while the journal is waited for (2). */
  private snapshot(run: PinnedRun): Snapshot | undefined {
    const record = this.ports.runs.get(run.runId);
    if (!record?.state) return undefined;
    return { record, bytes: this.ports.checkpoints.encode(record.state), changes: record.changes };
  }

  /** @returns undefined when the state is too large: its run stays in the journal */
  private async write(run: PinnedRun, bytes: Uint8Array): Promise<number | undefined> {
    try {
      return await this.ports.checkpoints.write(run.runId, bytes);
    } catch (error) {
      if (!(error instanceof PayloadTooLargeError)) {
        const record = this.ports.runs.get(run.runId);
        if (record) record.mayHaveCheckpoint = true;
        throw error;
      }
      run.stuck = true;
      this.ports.onTrouble(error);
      return undefined;
    }
  }

  // ---- runs that ended -----------------------------------------------------------------------------------------------

  private async archiveRuns(candidates: PinnedRun[]): Promise<void> {
    await this.ports.settled();
    const groups = new Map<number, PinnedRun[]>();
    for (const run of candidates) {
      const record = this.ports.runs.get(run.runId);
      // What it did last is beyond this slice: the next one has it.
      if (!record || record.last > this.through) continue;
      const retentionMs = this.ports.retentionOf(record.workflowType);
      groups.set(retentionMs, [...(groups.get(retentionMs) ?? []), run]);
    }
    for (const [retentionMs, runs] of groups) {
      // oxlint-disable-next-line no-await-in-loop -- few: one for each retention
      await this.inGroups(runs, ARCHIVE_CONCURRENCY, (group) => this.archiveGroup(group, retentionMs));
    }
  }

  private async archiveGroup(group: PinnedRun[], retentionMs: number): Promise<void> {
    const ended = await Promise.all(group.map((run) => this.endedRun(run, retentionMs)));
    await this.addEnded(
      ended.filter(({ archived }) => archived.chunk === 0),
      retentionMs,
    );
    await this.addEnded(
      ended.filter(({ archived }) => archived.chunk > 0),
      retentionMs + CHUNKED_GRACE_MS,
    );
  }

  private async endedRun(run: PinnedRun, retentionMs: number): Promise<EndedRun> {
    const record = this.ports.runs.get(run.runId);
    if (!record) throw new Error(`run ${run.runId} is archived already`);
    const info = infoOf(record);
    const entries = await this.entriesOf(record, run);
    const expiresAt = (info.closedAt ?? this.ports.clock()) + retentionMs;
    const { checkpoint, state } = record;
    const chunked = (checkpoint?.chunk ?? 0) > 0 || isLarger(run.runId, entries, SEGMENT_BYTES);
    if (!chunked) return { run, record, entries, archived: { info, expiresAt, entries, chunk: 0 } };
    const chunk = await this.ports.archive.addChunks(run.runId, entries, state);
    return { run, record, entries, archived: { info, expiresAt, entries: [], chunk } };
  }

  private async addEnded(ended: EndedRun[], ttlMs: number): Promise<void> {
    if (ended.length === 0) return;
    const { archive, runs } = this.ports;
    const rows = await archive.addEnded(
      ended.map(({ archived }) => archived),
      Number.isFinite(ttlMs) ? ttlMs : undefined,
    );
    await Promise.all(ended.map((run) => this.conclude(run)));
    if (this.stopped) return;
    for (const [index, { run, record }] of ended.entries()) {
      const row = rows[index];
      if (!row) continue;
      record.archived = { sequence: row.sequence, slot: row.slot };
      runs.index.add(indexedRun(row));
      runs.remove(record);
      this.unpin(run);
    }
  }

  /**
   * Says in a run's checkpoint that it has ended, with all that would be needed to archive it again: what was archived
   * just now may yet be lost with the storage's machine. The checkpoint is removed when the journal is purged (1).
   */
  private async conclude({ run, record, entries, archived }: EndedRun): Promise<void> {
    const { checkpoint, mayHaveCheckpoint, runId, state } = record;
    // One of which nobody heard whether it was stored would bring the run back to life.
    if (!(checkpoint || mayHaveCheckpoint) || !state) return;
    const { checkpoints } = this.ports;
    const ref = { runId, sequence: this.through, archived: this.through, chunk: archived.chunk };
    const carried = archived.chunk > 0 ? undefined : encodeEntries(entries);
    await this.write(run, checkpoints.seal({ ...ref, carried }, checkpoints.encode(state)));
    this.concluded.push(runId);
  }

  /** Does the work for some at a time, and rests after that for as long as it took (4). */
  private async inGroups<Item>(
    items: Item[],
    size: number,
    work: (group: Item[]) => Promise<void>,
  ): Promise<void> {
    for (let from = 0; from < items.length && !this.stopped; from += size) {
      const began = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- a group after the other
      await work(items.slice(from, from + size));
      const restMs = Math.min(performance.now() - began, MAX_REST_MS);
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (from + size < items.length) await delay(restMs);
    }
  }

  // ---- marker and purge ------------------------------------------------------------------------------------------------

  private async mark(): Promise<void> {
    if (this.through === this.marked) return;
    const { archive, checkpoints, clock, epoch, policy } = this.ports;
    let replayFrom = this.through;
    for (const { entries } of this.pinned.values()) {
      replayFrom = Math.min(replayFrom, entries[0]?.sequence ?? replayFrom);
    }
    const through = this.through;
    await checkpoints.mark(epoch, { through, replayFrom, ...archive.written });
    this.marked = through;
    const concluded = this.concluded.splice(0);
    this.purges.push({ at: clock() + policy.purgeDelayMs, before: replayFrom, concluded });
  }

  /** The journal is purged by who leads it, as an append proves, and of what every disk has elsewhere (1). */
  private async purgeDue(): Promise<void> {
    const { checkpoints, clock, epoch, journal } = this.ports;
    for (let [due] = this.purges; due && due.at <= clock() && !this.stopped; [due] = this.purges) {
      const { before, concluded } = due;
      if (before > this.began) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await journal.append({ epoch, entries: [] });
        // oxlint-disable-next-line no-await-in-loop -- as above
        await journal.purge(before);
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      await this.inGroups(concluded, ARCHIVE_CONCURRENCY, async (group) => {
        await Promise.all(group.map((runId) => checkpoints.forget(runId)));
      });
      this.purges.shift();
    }
  }

  /** Forgets the runs whose retention is over. Their records go by themselves, but for those with chunks. */
  private async expire(): Promise<void> {
    const { archive, runs } = this.ports;
    const chunked: string[] = [];
    runs.index.expire((run) => void (run.chunked && chunked.push(run.runId)));
    for (const runId of chunked) {
      // oxlint-disable-next-line no-await-in-loop -- few, and nobody waits for it
      await archive.removeChunks(runId);
    }
  }
}

/** The row as the index takes it. */
function indexedRun({ info, expiresAt, history, sequence, slot }: StoredRow): IndexedRun {
  return {
    runId: info.id,
    workflowId: info.workflowId,
    workflowType: info.workflowType,
    status: info.status,
    startedAt: info.startedAt,
    expiresAt,
    chunked: history.slot === undefined,
    digests: attributeDigests(info.attributes),
    sequence,
    slot,
  };
}

function infoOf({ runId, state, ended }: RunRecord): WireRunInfo {
  const info = state ? describe(state, state.closedAt ?? state.startedAt) : ended?.info;
  if (info) return info;
  throw new Error(`run ${runId} has not ended`);
}
