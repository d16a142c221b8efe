import type { JetStreamClient, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/nats-core';
import { type ConnectionWatch, unlessAborted } from './connection-watch.js';
import { JournalUncertainError } from './journal-errors.js';
import { isWrongLastSequence } from './wrong-last-sequence.js';
import { SHARED_KEYS, type SharedEntry, type SharedTable } from './shared-table.js';

/** What NATS' key-value buckets mark a removed key with. */
const OPERATION = 'KV-Operation';

/** What a {@link JetStreamSharedTable} works with. */
export interface JetStreamSharedTableOptions {
  /** Its timeout is that of each write. */
  client: JetStreamClient;
  manager: JetStreamManager;
  watch: ConnectionWatch;
  /** The stream of the bucket. */
  stream: string;
  bucket: string;
  timeoutMs: number;
}

/** The table in a namespace's key-value bucket. */
export class JetStreamSharedTable implements SharedTable {
  private readonly prefix: string;

  constructor(private readonly options: JetStreamSharedTableOptions) {
    this.prefix = `$KV.${options.bucket}.`;
  }

  read(): Promise<SharedEntry[]> {
    return this.ask(async () => {
      const { manager, stream } = this.options;
      const wanted = SHARED_KEYS.map((key) => this.prefix + key);
      const entries: SharedEntry[] = [];
      // Any replica may answer: it lags at most, and every write that follows names the revision that it replaces.
      for await (const message of await manager.direct.getLastMessagesFor(stream, { multi_last: wanted })) {
        if (!isMarker(message)) entries.push(this.entryOf(message));
      }
      return entries;
    });
  }

  get(key: string): Promise<SharedEntry | undefined> {
    return this.ask(async () => {
      const message = await this.last(key);
      return message && !isMarker(message) ? this.entryOf(message) : undefined;
    });
  }

  put(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.ask(async () => {
      const written = await this.write(key, value, revision);
      if (written !== undefined || revision > 0) return written;
      // The mark of a removed key counts as its last revision.
      const marker = await this.last(key);
      return marker && isMarker(marker) ? this.write(key, value, marker.seq) : undefined;
    });
  }

  remove(key: string, revision: number): Promise<boolean> {
    return this.ask(async () => {
      const marker = await this.write(key, '', revision, 'DEL');
      if (marker === undefined) return false;
      // What stays of it would be read for ever; what is written meanwhile is newer and stays.
      const { manager, stream } = this.options;
      await manager.streams
        .purge(stream, { filter: this.prefix + key, seq: marker + 1 })
        .catch(() => undefined);
      return true;
    });
  }

  private async write(
    key: string,
    value: string,
    revision: number,
    operation?: string,
  ): Promise<number | undefined> {
    const { client, timeoutMs } = this.options;
    const expect = { lastSubjectSequence: revision };
    try {
      const header = operation === undefined ? undefined : markerHeaders(operation);
      const options = { expect, timeout: timeoutMs, ...(header && { headers: header }) };
      const { seq } = await client.publish(this.prefix + key, value, options);
      return seq;
    } catch (error) {
      if (isWrongLastSequence(error)) return undefined;
      throw error;
    }
  }

  private async last(key: string): Promise<StoredMsg | undefined> {
    const { manager, stream } = this.options;
    const message = await manager.streams.getMessage(stream, { last_by_subj: this.prefix + key });
    return message ?? undefined;
  }

  private entryOf(message: StoredMsg): SharedEntry {
    return {
      key: message.subject.slice(this.prefix.length),
      value: message.string(),
      revision: message.seq,
    };
  }

  /** Asks nothing without a connection: the client would keep it, and send it when it is long out of date. */
  private async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const { watch, bucket, timeoutMs } = this.options;
    const patience = AbortSignal.timeout(2 * timeoutMs);
    try {
      watch.signal.throwIfAborted();
      return await unlessAborted(question(), AbortSignal.any([watch.signal, patience]));
    } catch (cause) {
      throw new JournalUncertainError(`Bucket ${bucket} does not answer: ${String(cause)}`, { cause });
    }
  }
}

function markerHeaders(operation: string): MsgHdrs {
  const header = headers();
  header.set(OPERATION, operation);
  return header;
}

function isMarker(message: StoredMsg): boolean {
  return (message.header?.get(OPERATION) ?? '') !== '';
}
