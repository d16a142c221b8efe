import {
  Checkpoints,
  type JournalEntry,
  type KeyedStream,
  type PartitionJournal,
  RunArchive,
} from '@ground-control/journal';
import type { PartitionRequest, RecordsKind } from '@ground-control/protocol';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckpointPolicy } from './checkpoint-policy.js';
import { Checkpointer } from './checkpointer.js';
import { TAKEOVER_RETRY_MS } from './limits.js';
import { RecentBatches } from './recent-batches.js';
import { Recovery } from './recovery.js';
import type { RunRecord } from './run-record.js';
import { RunReader } from './run-reader.js';
import { RunTable } from './run-table.js';

/** Where the data of a partition is. */
export interface PartitionStorage {
  readonly journal: PartitionJournal;
  readonly records: (kind: RecordsKind) => KeyedStream;
}

/** What a {@link RunRepository} needs of its term. */
export interface RepositoryPorts {
  readonly partition: number;
  readonly epoch: string;
  readonly policy: CheckpointPolicy;
  readonly clock: () => number;
  /** Cuts the next append off here. */
  cut(): void;
  whenDurable(effect: () => void): void;
  /** How long a type's runs are kept after they ended, in milliseconds. */
  retentionOf(workflowType: string): number;
  onFenced(error: unknown): void;
  onTrouble(error: unknown): void;
}

/**
 * The runs of a partition for one leader's term: those in memory, and those in checkpoints and archive, which it writes in
 * the background and reads when they are asked for.
 */
export class RunRepository {
  readonly runs: RunTable;
  readonly reader: RunReader;
  readonly checkpoints: Checkpoints;
  private readonly archive: RunArchive;
  private readonly recent: RecentBatches;
  private checkpointer: Checkpointer | undefined;
  private committedSequence = 0;
  /** Resolves once the index has every archived run; undefined from then on. */
  private indexing: Promise<void> | undefined;
  private over = false;

  constructor(
    private readonly storage: PartitionStorage,
    private readonly ports: RepositoryPorts,
  ) {
    const { partition, clock } = ports;
    this.runs = new RunTable(clock);
    this.recent = new RecentBatches(storage.journal);
    this.checkpoints = new Checkpoints(partition, storage.records('state'));
    this.archive = new RunArchive(partition, storage.records('history'), storage.records('runs'));
    this.reader = new RunReader(this.archive, this.checkpoints, this.recent);
  }

  /**
   * Takes the partition over and rebuilds every run that has not ended.
   *
   * @param wake arms the timer of a run whose state stays on the disk
   */
  async recover(wake: (record: RunRecord, at: number) => void): Promise<void> {
    const { clock, epoch, policy } = this.ports;
    const recovery = new Recovery({
      ...this.ports,
      archive: this.archive,
      checkpoints: this.checkpoints,
      runs: this.runs,
      recent: this.recent,
      now: clock(),
      idleAfterMs: policy.idleAfterMs,
    });
    const began = await this.storage.journal.takeOver(
      epoch,
      (sequence, batch) => recovery.replay(sequence, batch),
      (first) => recovery.startAt(first),
    );
    await recovery.finish(wake);
    this.committedSequence = began;
    this.checkpointer = this.startCheckpointer(recovery.through, began);
    for (const { runId } of recovery.unarchived) this.checkpointer.owe(runId);
    this.checkpointer.forgetLater(recovery.archived);
    this.indexing = this.buildIndex().finally(() => (this.indexing = undefined));
  }

  /** Notes what is durable now. */
  committed(sequence: number, entries: number, bytes: number): void {
    this.committedSequence = sequence;
    this.checkpointer?.noteCommitted(entries, bytes);
  }

  /** Keeps the batch at hand for the next checkpoint. */
  keep(sequence: number, entries: readonly JournalEntry[], bytes: number): void {
    this.recent.add(sequence, entries, bytes);
  }

  /** What a request has to wait for, because its run is not in memory; undefined when nothing is amiss. */
  absent(request: PartitionRequest): Promise<void> | undefined {
    if (request.kind === 'workflow.list' || request.kind === 'workflow.count') return this.indexing;
    if (request.kind === 'step.record' || request.kind === 'step.result') {
      return this.absentState(this.runs.get(request.runId));
    }
    if (!('workflowId' in request)) return undefined;
    if (request.kind === 'workflow.start') return this.absentForStart(request);
    const record = this.runs.find(request);
    if (!record) return this.indexing;
    // A result is waited for, and a history read, without the state.
    const stateless = request.kind === 'workflow.result' || request.kind === 'workflow.history';
    return stateless ? undefined : this.absentState(record);
  }

  private absentForStart({ runId, workflowId }: { runId: string; workflowId: string }) {
    if (this.runs.get(runId)) return undefined;
    const latest = this.runs.latest(workflowId);
    // A run that was started again by a retry may have ended and be in the archive.
    return this.indexing ?? this.absentState(latest);
  }

  private absentState(record: RunRecord | undefined): Promise<void> | undefined {
    return record?.idle && this.load(record);
  }

  /** Brings the state of an idle run back. */
  load(record: RunRecord): Promise<void> {
    return this.checkpointer?.load(record) ?? Promise.resolve();
  }

  /** Makes a checkpoint now. */
  checkpoint(): Promise<void> {
    return this.checkpointer?.run() ?? Promise.resolve();
  }

  end(): void {
    this.over = true;
    this.checkpointer?.stop();
  }

  private startCheckpointer(through: number, began: number): Checkpointer {
    const { ports, storage, checkpoints, archive, runs, recent } = this;
    const checkpointer = new Checkpointer(
      {
        ...ports,
        journal: storage.journal,
        checkpoints,
        archive,
        runs,
        recent,
        committed: () => this.committedSequence,
        settled: () => this.settled(),
      },
      through,
      began,
    );
    checkpointer.start();
    return checkpointer;
  }

  private settled(): Promise<number> {
    this.ports.cut();
    return new Promise((resolve) => {
      this.ports.whenDurable(() => resolve(this.committedSequence));
    });
  }

  private async readIndex(): Promise<void> {
    // Their retention ended while nobody led the partition; what is in segments went by itself.
    const expired: string[] = [];
    await this.archive.readSummaries((row) => {
      if (row.expiresAt > this.ports.clock()) this.runs.index.add(row);
      else if (row.chunked) expired.push(row.runId);
    });
    for (const runId of expired) {
      // oxlint-disable-next-line no-await-in-loop -- few, and nobody waits for it
      await this.archive.removeChunks(runId);
    }
  }

  private async buildIndex(): Promise<void> {
    for (let waitMs: number = TAKEOVER_RETRY_MS.first; !this.over; waitMs *= 2) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- until it is read
        return await this.readIndex();
      } catch (error) {
        this.ports.onTrouble(error);
      }
      // oxlint-disable-next-line no-await-in-loop -- the back-off between two tries
      await delay(Math.min(waitMs, TAKEOVER_RETRY_MS.most));
    }
  }
}
