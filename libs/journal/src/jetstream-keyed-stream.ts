import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/nats-core';
import { EVERY_KEY, recordsAddressOf, type RecordsKind, recordsSubjectOf } from '@ground-control/protocol';
import { type ConnectionWatch, unlessAborted } from './connection-watch.js';
import { directGet, type DirectGetSource } from './direct-get.js';
import type { JetStreamPublisher } from './jetstream-publisher.js';
import { JournalFencedError, JournalUncertainError } from './journal-errors.js';
import type { KeyedRecord, KeyedStream, PutOptions } from './keyed-stream.js';
import { assertFits } from './memory-keyed-stream.js';

const NOT_FOUND = 404;
/** How often a read goes on after a replica that lags has answered, and how long it waits before, in milliseconds. */
const LAGGING = { tries: 20, waitMs: 50 } as const;
/** What the headers of a put take of the server's size limit at most, in bytes. */
const HEADER_BYTES = 512;

/** What a {@link JetStreamKeyedStream} works with. */
export interface JetStreamKeyedStreamOptions extends DirectGetSource {
  namespace: string;
  kind: RecordsKind;
  partition: number;
  publisher: JetStreamPublisher;
  watch: ConnectionWatch;
  manager: JetStreamManager;
}

/** The records of a partition in a JetStream stream. */
export class JetStreamKeyedStream implements KeyedStream {
  constructor(private readonly options: JetStreamKeyedStreamOptions) {}

  get maxRecordBytes(): number {
    return this.options.publisher.maxBytes - HEADER_BYTES;
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<number> {
    assertFits(body, this.maxRecordBytes);
    const { publisher, stream } = this.options;
    const published = await publisher.put(this.subjectOf(key), body, this.headersOf(options));
    if (published.kind === 'stored') return published.sequence;
    if (published.kind === 'refused')
      throw new JournalFencedError(`${stream} has another writer: ${published.reason}.`);
    const message = `${stream}: it is unknown whether a record was stored: ${published.reason}.`;
    throw new JournalUncertainError(message, { cause: published.cause });
  }

  last(key: string): Promise<KeyedRecord | undefined> {
    return this.getOne({ last_by_subj: this.subjectOf(key) });
  }

  async get(sequence: number): Promise<KeyedRecord | undefined> {
    // Any replica may answer a direct get. What one lacks that lags, the stream's leader has.
    return (await this.getOne({ seq: sequence })) ?? this.getFromLeader({ seq: sequence });
  }

  async next(key: string, from: number): Promise<KeyedRecord | undefined> {
    const question = { seq: from, next_by_subj: this.subjectOf(key) };
    return (await this.getOne(question)) ?? this.getFromLeader(question);
  }

  async read(
    { key, from, until }: { key?: string | undefined; from: number; until: number },
    onRecord: (record: KeyedRecord) => void,
  ): Promise<void> {
    const { stream, watch } = this.options;
    let next = from;
    let tries = 0;
    while (next <= until) {
      const start = next;
      // oxlint-disable-next-line no-await-in-loop -- one batch in memory at a time
      next = await this.readBatch(key, start, until, onRecord);
      if (next > start) continue;
      // The record at `until` is there: a replica that does not find it lags.
      if ((tries += 1) > LAGGING.tries) throw new JournalUncertainError(`${stream} lacks record ${until}.`);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await delay(LAGGING.waitMs, undefined, { signal: watch.signal });
    }
  }

  async lastSequence(): Promise<number> {
    const { manager, stream } = this.options;
    const { state } = await this.ask(() => manager.streams.info(stream));
    return state.last_seq;
  }

  async remove(key: string): Promise<void> {
    const { manager, stream } = this.options;
    await this.ask(() => manager.streams.purge(stream, { filter: this.subjectOf(key) }));
  }

  private async readBatch(
    key: string | undefined,
    from: number,
    until: number,
    onRecord: (record: KeyedRecord) => void,
  ): Promise<number> {
    const { watch, timeoutMs } = this.options;
    await watch.whenConnected(timeoutMs);
    return directGet(this.options, {
      first: from,
      last: until,
      subject: this.subjectOf(key ?? EVERY_KEY),
      signal: watch.signal,
      onMessage: (sequence, body, subject) => onRecord({ sequence, key: keyOf(subject), body }),
    });
  }

  private async getOne(question: object): Promise<KeyedRecord | undefined> {
    const { connection, stream, timeoutMs } = this.options;
    const message = await this.ask(() =>
      connection.request(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(question), { timeout: timeoutMs }),
    );
    const code = message.headers?.code ?? 0;
    if (code === NOT_FOUND) return undefined;
    if (code === 0) return recordOf(message);
    throw new JournalUncertainError(`${stream} was not read: ${message.headers?.status ?? code}.`);
  }

  private async getFromLeader(question: { seq: number }): Promise<KeyedRecord | undefined> {
    const { manager, stream } = this.options;
    const message = await this.ask(() => manager.streams.getMessage(stream, question));
    return message ? { sequence: message.seq, key: keyOf(message.subject), body: message.data } : undefined;
  }

  private headersOf({ expect, ttlMs }: PutOptions): [name: string, value: string][] {
    const headers: [string, string][] = [];
    if (expect) {
      headers.push(['Nats-Expected-Last-Subject-Sequence', String(expect.sequence)]);
      headers.push(['Nats-Expected-Last-Subject-Sequence-Subject', this.subjectOf(expect.key)]);
    }
    if (ttlMs !== undefined) headers.push(['Nats-TTL', `${Math.max(1, Math.ceil(ttlMs / 1000))}s`]);
    return headers;
  }

  private subjectOf(key: string): string {
    const { namespace, kind, partition } = this.options;
    return recordsSubjectOf(namespace, { kind, partition, key });
  }

  private async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const { stream, timeoutMs, watch } = this.options;
    await watch.whenConnected(timeoutMs);
    try {
      return await unlessAborted(question(), watch.signal);
    } catch (cause) {
      throw new JournalUncertainError(`${stream} cannot be asked now: ${String(cause)}`, { cause });
    }
  }
}

function recordOf(message: Msg): KeyedRecord {
  const sequence = Number(message.headers?.get('Nats-Sequence'));
  return { sequence, key: keyOf(message.headers?.get('Nats-Subject') ?? ''), body: message.data };
}

function keyOf(subject: string): string {
  return recordsAddressOf(subject)?.key ?? '';
}
