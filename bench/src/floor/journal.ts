import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { createInbox, headers, type Msg, type NatsConnection } from '@nats-io/nats-core';

import { ENTRY_SIZES, type EntryKind, PARTITIONS } from './messages.js';

/** What follows once an entry is on the disk. */
export type Effect = () => void;

const APPENDS_IN_FLIGHT = 2;
/** What a journal message holds besides its entries, in bytes. */
const BATCH_BYTES = 60;
const MAX_BATCH_BYTES = 1024 * 1024;

interface Batch {
  bytes: number;
  kinds: Set<EntryKind>;
  effects: Effect[];
}

/**
 * One partition's journal without what is written into it: appends of the right size, many entries in one message, two
 * messages on their way at once, each expecting the one before it to be the last.
 */
class FloorPartition {
  #open: Batch = emptyBatch();
  readonly #inFlight: Batch[] = [];
  #last = 0;
  #scheduled = false;

  constructor(private readonly publish: (expectedLast: number, bytes: number) => void) {}

  add(kind: EntryKind, effect: Effect): void {
    const { another, shape } = ENTRY_SIZES[kind];
    this.#open.bytes += this.#open.kinds.has(kind) ? another : another + shape;
    this.#open.kinds.add(kind);
    this.#open.effects.push(effect);
    this.#schedule();
  }

  acknowledged(): void {
    const batch = this.#inFlight.shift();
    for (const effect of batch?.effects ?? []) effect();
    this.#pump();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#open.effects.length === 0 || this.#inFlight.length >= APPENDS_IN_FLIGHT) return;
    const batch = this.#open;
    this.#open = emptyBatch();
    this.#inFlight.push(batch);
    this.publish(this.#last, Math.min(batch.bytes, MAX_BATCH_BYTES));
    this.#last += 1;
  }
}

function emptyBatch(): Batch {
  return { bytes: BATCH_BYTES, kinds: new Set(), effects: [] };
}

/** The journals of all partitions, each in a stream as the engine's are. */
export class FloorJournal {
  readonly #partitions: FloorPartition[];

  private constructor(connection: NatsConnection) {
    const inbox = createInbox();
    const filler = new Uint8Array(MAX_BATCH_BYTES).fill('x'.charCodeAt(0));
    this.#partitions = Array.from(
      { length: PARTITIONS },
      (_, partition) =>
        new FloorPartition((expectedLast, bytes) => {
          const header = headers();
          header.append('Nats-Expected-Last-Sequence', String(expectedLast));
          const options = { reply: `${inbox}.${partition}`, headers: header };
          connection.publish(subjectOf(partition), filler.subarray(0, bytes), options);
        }),
    );
    connection.subscribe(`${inbox}.*`, { callback: (error, message) => this.#hear(error, message) });
  }

  static async create(connection: NatsConnection): Promise<FloorJournal> {
    const manager = await jetstreamManager(connection);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      await manager.streams.add({
        name: `FLOOR_${partition}`,
        subjects: [subjectOf(partition)],
        storage: StorageType.File,
        allow_direct: true,
      });
    }
    return new FloorJournal(connection);
  }

  add(partition: number, kind: EntryKind, effect: Effect): void {
    this.#partitions[partition]?.add(kind, effect);
  }

  #hear(error: Error | null, message: Msg): void {
    if (error || message.string().includes('"error"')) throw error ?? new Error(message.string());
    this.#partitions[Number(message.subject.split('.').at(-1))]?.acknowledged();
  }
}

function subjectOf(partition: number): string {
  return `floor.journal.${partition}`;
}
