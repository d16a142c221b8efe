import { JournalUncertainError, type KeyedRecord, type KeyedStream, type PutOptions } from '../production.js';
import { roundTrip, type StorageLink } from './sim-log.js';

/** A process's way to the records that are kept beside the journals: puts are stored in order, or lost, or not heard of. */
export class SimKeyedStream implements KeyedStream {
  constructor(
    private readonly stream: KeyedStream,
    private readonly link: StorageLink,
  ) {}

  get maxRecordBytes(): number {
    return this.stream.maxRecordBytes;
  }

  async put(key: string, body: Uint8Array, options?: PutOptions): Promise<number> {
    const { connection, faults, kernel } = this.link;
    const arrives =
      connection.process.mayAct() && connection.isOpen && !kernel.random.chance(faults.appendLost);
    if (!arrives) {
      await kernel.sleep(kernel.random.between(1, 5_000));
      throw new JournalUncertainError('a record may not have arrived');
    }
    const stored = this.stream.put(key, body, options);
    const isHeard = !kernel.random.chance(faults.acknowledgementLost);
    // A refusal is heard later, with everything else.
    stored.catch(() => undefined);
    await kernel.sleep(isHeard ? connection.inbound.inOrder() + 0.5 : 5_000);
    if (!isHeard) throw new JournalUncertainError('nobody heard whether a record was stored');
    return stored;
  }

  async last(key: string): Promise<KeyedRecord | undefined> {
    await this.ask();
    return this.stream.last(key);
  }

  async get(sequence: number): Promise<KeyedRecord | undefined> {
    await this.ask();
    return this.stream.get(sequence);
  }

  async next(key: string, from: number): Promise<KeyedRecord | undefined> {
    await this.ask();
    return this.stream.next(key, from);
  }

  async read(
    range: Parameters<KeyedStream['read']>[0],
    onRecord: (record: KeyedRecord) => void,
  ): Promise<void> {
    await this.ask();
    return this.stream.read(range, onRecord);
  }

  async lastSequence(): Promise<number> {
    await this.ask();
    return this.stream.lastSequence();
  }

  async remove(key: string): Promise<void> {
    await this.ask();
    return this.stream.remove(key);
  }

  private ask(): Promise<void> {
    return roundTrip(this.link, 'the records');
  }
}
