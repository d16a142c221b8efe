import { JournalUncertainError, type Published, type SequencedLog } from '../production.js';
import type { Kernel } from '../kernel/kernel.js';
import type { SimConnection } from '../net/sim-connection.js';

/** How long a leader waits for an acknowledgement, in milliseconds: as long as the JetStream journal does. */
const ACKNOWLEDGEMENT_MS = 5_000;

/** What may become of what a process asks of its journals. Probabilities from 0 to 1. */
export interface StorageFaults {
  /** The append never arrives. */
  appendLost: number;
  /** The append is stored, and nobody hears of it. */
  acknowledgementLost: number;
  /** The append takes up to twice as long as its leader waits. */
  appendLate: number;
  /** A question finds no answer. */
  readFails: number;
}

export const NO_STORAGE_FAULTS: Readonly<StorageFaults> = {
  appendLost: 0,
  acknowledgementLost: 0,
  appendLate: 0,
  readFails: 0,
};

/** What the journals of one process go through. */
export interface StorageLink {
  readonly kernel: Kernel;
  readonly connection: SimConnection;
  readonly faults: StorageFaults;
}

/**
 * A process's way to the log of a partition: appends are on their way for a while, in order, and get there or not; and
 * so do their acknowledgements.
 */
export class SimLog implements SequencedLog {
  private readonly inFlight = new Set<(published: Published) => void>();

  constructor(
    private readonly partition: number,
    private readonly log: SequencedLog,
    private readonly link: StorageLink,
  ) {
    link.connection.onLost.add(() => {
      for (const settle of this.inFlight) settle({ kind: 'unknown', reason: 'the connection was lost' });
    });
  }

  get maxRecordBytes(): number {
    return this.log.maxRecordBytes;
  }

  publish(record: Uint8Array, expectedLast: number, done: (published: Published) => void): void {
    const { kernel, connection, faults } = this.link;
    const { process } = connection;
    if (!process.mayAct()) return;
    kernel.trace(
      `${process.name} appends ${expectedLast + 1} to ${this.partition}`,
      () => `${record.length} bytes`,
    );
    const settle = (published: Published): void => {
      if (!this.inFlight.delete(settle)) return;
      timeout.cancelled = true;
      done(published);
    };
    this.inFlight.add(settle);
    const timeout = kernel.after(ACKNOWLEDGEMENT_MS, process, () =>
      settle({ kind: 'unknown', reason: 'no acknowledgement in time' }),
    );
    if (!connection.seemsUp)
      return void kernel.after(0, process, () =>
        settle({ kind: 'unknown', reason: 'there is no connection' }),
      );
    if (!connection.isOpen || kernel.random.chance(faults.appendLost)) return undefined;
    const store = (): void => this.store(record, expectedLast, settle);
    if (!kernel.random.chance(faults.appendLate)) return connection.toServerInOrder(store);
    return connection.toServer(kernel.random.between(0, 2 * ACKNOWLEDGEMENT_MS), store);
  }

  async lastSequence(): Promise<number> {
    await this.roundTrip();
    return this.log.lastSequence();
  }

  async firstSequence(): Promise<number> {
    await this.roundTrip();
    return this.log.firstSequence();
  }

  async purge(before: number): Promise<void> {
    await this.roundTrip();
    await this.log.purge(before);
  }

  async read(
    first: number,
    last: number,
    onRecord: (sequence: number, record: Uint8Array) => void,
  ): Promise<void> {
    await this.roundTrip();
    return this.log.read(first, last, onRecord);
  }

  private store(record: Uint8Array, expectedLast: number, settle: (published: Published) => void): void {
    const { kernel, connection, faults } = this.link;
    this.log.publish(record, expectedLast, (published) => {
      const isHeard = connection.isOpen && !kernel.random.chance(faults.acknowledgementLost);
      kernel.trace(
        `${this.partition}: ${JSON.stringify(published)}${isHeard ? '' : ', which nobody hears of'}`,
      );
      if (isHeard)
        kernel.after(this.syncMs() + connection.inbound.inOrder(), connection.process, () =>
          settle(published),
        );
    });
  }

  /** @throws JournalUncertainError when the server does not answer */
  private async roundTrip(): Promise<void> {
    await roundTrip(this.link, `the journal of partition ${this.partition}`);
  }

  private syncMs(): number {
    return this.link.kernel.random.between(0.2, 3);
  }
}

/** @throws JournalUncertainError when the server does not answer */
export async function roundTrip({ kernel, connection, faults }: StorageLink, what: string): Promise<void> {
  const fails = !connection.process.mayAct() || !connection.isOpen || kernel.random.chance(faults.readFails);
  await kernel.sleep(fails ? kernel.random.between(1, 5_000) : connection.inbound.inOrder() + 0.5);
  if (fails) throw new JournalUncertainError(`${what} cannot be asked now.`);
}
