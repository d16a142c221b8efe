import { dueAt, evolve, isEnded } from '@ground-control/engine';
import {
  type ArchivedEntry,
  type Checkpoints,
  entryBytesAtMost,
  type JournalBatch,
  type JournalEntry,
  JournalCorruptError,
  type RunArchive,
} from '@ground-control/journal';
import { isIdle } from './idle-runs.js';
import type { RecentBatches } from './recent-batches.js';
import { isFinished, noteSequence, type RunRecord } from './run-record.js';
import type { RunTable } from './run-table.js';

/** What a recovery works with. */
export interface RecoveryPorts {
  readonly partition: number;
  readonly epoch: string;
  readonly checkpoints: Checkpoints;
  readonly archive: RunArchive;
  readonly runs: RunTable;
  readonly recent: RecentBatches;
  readonly now: number;
  readonly idleAfterMs: number;
}

/**
 * Rebuilds the runs of a partition: from their checkpoints, and from what the journal has that those do not include. How
 * long it takes depends on the runs that are active and on the journal since the last checkpoint, not on what ever ran.
 */
export class Recovery {
  /** Entries of runs whose state was not at hand when they were replayed. */
  private readonly postponed = new Map<string, ArchivedEntry[]>();
  /** When idle runs want to be woken. */
  private readonly dueTimes = new Map<RunRecord, number>();
  /** The runs that are archived, and still have a checkpoint. */
  readonly archived: string[] = [];
  /** Up to this journal sequence a run that has finished is archived. */
  private archivedThrough = 0;
  /** The first journal sequence that is neither in a checkpoint nor archived. */
  private from = 1;

  constructor(private readonly ports: RecoveryPorts) {}

  /** The runs that have finished, and have nothing in the journal for which they would be archived. */
  get unarchived(): RunRecord[] {
    return [...this.ports.runs.values()].filter((run) => isFinished(run) && run.sequences.length === 0);
  }

  /** Up to which journal sequence nothing is to be checkpointed or archived again. */
  get through(): number {
    return this.from - 1;
  }

  /**
   * Fences earlier leaders and loads the checkpoints.
   *
   * @param first the journal's first sequence
   * @returns the sequence at which the replay begins
   */
  async startAt(first: number): Promise<number> {
    const { archive, checkpoints, epoch, partition } = this.ports;
    const marker = await checkpoints.takeOver(epoch);
    if (!marker && first > 1)
      throw new JournalCorruptError(partition, first, 'it was purged, and its checkpoints are gone');
    const whole = marker ? await archive.resume(marker) : false;
    await checkpoints.load((checkpoint) => {
      const due = dueAt(checkpoint.state, this.ports.now);
      const idle = isIdle(checkpoint.state, this.ports.now, this.ports.idleAfterMs);
      const record = this.ports.runs.restore(checkpoint, !idle);
      if (idle && due !== undefined) this.dueTimes.set(record, due);
    });
    if (!whole) await this.distrustArchive(first);
    if (marker && whole) this.archivedThrough = marker.through;
    this.from = marker && whole ? Math.max(first, marker.replayFrom) : first;
    if (marker && first > marker.replayFrom && first > 1 && whole && marker.replayFrom > 1)
      throw new JournalCorruptError(
        partition,
        marker.replayFrom,
        'it was purged further than its checkpoints go',
      );
    return this.from;
  }

  /**
   * The storage lost a tail of what was archived. All of it is still in the journal, which is purged only of what was
   * written to the disk long before.
   */
  private async distrustArchive(first: number): Promise<void> {
    for (const { runId, checkpoint } of this.ports.runs.values()) {
      if (!checkpoint || checkpoint.chunk === 0) continue;
      // What it carries came after its chunks, which may be the ones that were lost.
      checkpoint.archived = Math.min(checkpoint.archived, first - 1);
      // oxlint-disable-next-line no-await-in-loop -- after a crash of the storage's machine alone
      checkpoint.chunk = await this.ports.archive.lastChunk(runId);
    }
  }

  replay(sequence: number, batch: JournalBatch): void {
    const bytes = batch.entries.reduce((sum, entry) => sum + entryBytesAtMost(entry), 0);
    this.ports.recent.add(sequence, batch.entries, bytes);
    for (const entry of batch.entries) this.replayEntry(sequence, entry);
  }

  private replayEntry(sequence: number, entry: JournalEntry): void {
    const { runId, at, events } = entry;
    const { runs } = this.ports;
    let record = runs.get(runId);
    const [first, ...rest] = events;
    if (!record && first?.kind === 'run.started') {
      record = runs.add(evolve(undefined, runId, first, at));
      this.apply(record, sequence, at, rest);
    } else if (!record || record.idle) this.postpone(sequence, entry);
    else this.apply(record, sequence, at, events);
    if (record && sequence > (record.checkpoint?.archived ?? 0)) noteSequence(record, sequence);
  }

  private apply(record: RunRecord, sequence: number, at: number, events: JournalEntry['events']): void {
    const { state, checkpoint } = record;
    if (!state || sequence <= (checkpoint?.sequence ?? 0)) return;
    const hadEnded = isEnded(state.status);
    for (const event of events) evolve(state, record.runId, event, at);
    record.changes += 1;
    if (!hadEnded && isEnded(state.status)) this.ports.runs.retire(record);
  }

  private postpone(sequence: number, { runId, at, events }: JournalEntry): void {
    const entries = this.postponed.get(runId) ?? [];
    this.postponed.set(runId, entries);
    entries.push({ sequence, at, events });
  }

  /** After the replay: finishes the runs whose state had to be read, and lets go of those that are archived. */
  async finish(wake: (record: RunRecord, at: number) => void): Promise<void> {
    for (const [runId, entries] of this.postponed) {
      // oxlint-disable-next-line no-await-in-loop -- runs that were idle and went on since the last checkpoint
      await this.finishRun(runId, entries);
    }
    for (const record of this.ports.runs.values()) {
      if (!isFinished(record) || record.last > this.archivedThrough) continue;
      this.ports.runs.remove(record);
      if (record.checkpoint) this.archived.push(record.runId);
    }
    this.ports.runs.sort();
    for (const [record, at] of this.dueTimes) if (record.idle) wake(record, at);
  }

  private async finishRun(runId: string, entries: ArchivedEntry[]): Promise<void> {
    const { checkpoints, partition, runs } = this.ports;
    const record = runs.get(runId);
    const last = entries.at(-1)?.sequence ?? 0;
    if (!record) {
      // Its start was purged, and it has no checkpoint: it was archived before that.
      if (last <= this.archivedThrough || this.archivedThrough === 0) return;
      throw new JournalCorruptError(partition, last, `run ${runId} goes on, but has no checkpoint`);
    }
    const { checkpoint } = record;
    if (!checkpoint || last <= checkpoint.sequence) return;
    record.state = (await checkpoints.read(checkpoint.record)).state;
    record.idle = undefined;
    for (const { sequence, at, events } of entries) this.apply(record, sequence, at, events);
  }
}
