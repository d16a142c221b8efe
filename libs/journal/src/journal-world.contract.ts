import type { JournalBatch, JournalEntry, JournalStore, PartitionJournal } from './journal.js';
import type { AppendFault, HeldAppends } from './memory-log.js';

/** A process that leads partition 0, or would like to. */
export interface Leader {
  store: JournalStore;
  journal: PartitionJournal;
  /** Its next appends go wrong, one each. */
  failNextAppends(...faults: AppendFault[]): void;
  /** Its appends wait on their way. */
  holdAppends(): HeldAppends;
}

/** A storage with nothing in it, and the leaders that come to it. */
export interface JournalWorld {
  /** A store that is not open yet. */
  store(): JournalStore;
  /** A leader whose store is open, in the layout {@link LAYOUT} if it is the first. */
  leader(): Promise<Leader>;
  close(): Promise<void>;
}

export const LAYOUT = { partitions: 1, replicas: 1, storage: 'file' } as const;

/** A batch of one event with this name. */
export function batchOf(epoch: string, name: string, payload?: Uint8Array): JournalBatch {
  return {
    epoch,
    entries: [
      {
        runId: `run of ${name}`,
        at: 1_700_000_000_000,
        events: [{ kind: 'event.received', id: name, event: 'e', payload }],
      },
    ],
  };
}

/** A batch in short: its sequence, its epoch and the names of its events. */
export function shortly(sequence: number, { epoch, entries }: JournalBatch): string {
  return [sequence, epoch, ...entries.flatMap(namesOf)].join(' ');
}

/** Takes over; what was replayed, in short. */
export async function takeOver({ journal }: Leader, epoch: string): Promise<string[]> {
  const replayed: string[] = [];
  await journal.takeOver(epoch, (sequence, batch) => replayed.push(shortly(sequence, batch)));
  return replayed;
}

/** Takes over; what of earlier terms was replayed, in short. Of an epoch there may be copies. */
export async function takeOverFrom(leader: Leader, epoch: string): Promise<string[]> {
  const replayed = await takeOver(leader, epoch);
  return replayed.filter((batch) => !batch.endsWith(` ${epoch}`));
}

/** Appends a batch of one event with this name. */
export function append({ journal }: Leader, epoch: string, name: string): Promise<number> {
  return journal.append(batchOf(epoch, name));
}

/** What a promise is rejected with: may be awaited later than that happens. */
export function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`not rejected, but resolved with ${String(value)}`),
    (error: unknown) => error,
  );
}

function namesOf({ events }: JournalEntry): string[] {
  return events.map((event) => ('id' in event && event.id !== undefined ? event.id : event.kind));
}
