import type { JetStreamManager } from '@nats-io/jetstream';
import { type ConnectionWatch, unlessAborted } from './connection-watch.js';
import { directGet, type DirectGetSource } from './direct-get.js';
import type { JetStreamPublisher } from './jetstream-publisher.js';
import { JournalUncertainError } from './journal-errors.js';
import { throwIfGone } from './journal-stream.js';
import type { Published, SequencedLog } from './sequenced-log.js';

/** What a {@link JetStreamLog} works with. */
export interface JetStreamLogOptions extends DirectGetSource {
  partition: number;
  subject: string;
  publisher: JetStreamPublisher;
  watch: ConnectionWatch;
  manager: JetStreamManager;
}

/** The log of a partition in a JetStream stream. */
export class JetStreamLog implements SequencedLog {
  constructor(private readonly options: JetStreamLogOptions) {}

  get maxRecordBytes(): number {
    return this.options.publisher.maxBytes;
  }

  async lastSequence(): Promise<number> {
    const { manager, stream, watch, timeoutMs } = this.options;
    await watch.whenConnected(timeoutMs);
    const { state } = await this.ask(() => manager.streams.info(stream));
    return state.last_seq;
  }

  async firstSequence(): Promise<number> {
    const { manager, stream, watch, timeoutMs } = this.options;
    await watch.whenConnected(timeoutMs);
    const { state } = await this.ask(() => manager.streams.info(stream));
    return state.first_seq;
  }

  async purge(before: number): Promise<void> {
    const { manager, stream, watch, timeoutMs } = this.options;
    await watch.whenConnected(timeoutMs);
    await this.ask(() => manager.streams.purge(stream, { seq: before }));
  }

  publish(record: Uint8Array, expectedLast: number, done: (published: Published) => void): void {
    const { publisher, subject } = this.options;
    publisher.publish(subject, record, expectedLast, done);
  }

  async read(
    first: number,
    last: number,
    onRecord: (sequence: number, record: Uint8Array) => void,
  ): Promise<void> {
    const { watch, timeoutMs } = this.options;
    await watch.whenConnected(timeoutMs);
    let next = first;
    while (next <= last) {
      const start = next;
      next = await directGet(this.options, { first: start, last, onMessage: onRecord, signal: watch.signal });
      if (next > start) continue;
      // Any replica may answer a direct get, or none. What one lacks that lags, the stream's leader has.
      const record = await this.readFromLeader(next);
      if (!record) return;
      onRecord(next, record);
      next += 1;
    }
  }

  private async readFromLeader(sequence: number): Promise<Uint8Array | undefined> {
    const { manager, stream } = this.options;
    const message = await this.ask(() => manager.streams.getMessage(stream, { seq: sequence }));
    return message?.data;
  }

  private async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const { partition, stream, watch } = this.options;
    try {
      return await unlessAborted(question(), watch.signal);
    } catch (cause) {
      throwIfGone(cause, partition, stream);
      throw new JournalUncertainError(`${stream} cannot be read now: ${String(cause)}`, { cause });
    }
  }
}
