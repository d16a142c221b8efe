import {
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  jetstreamManager,
  type JetStreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import {
  assertNamespace,
  InvalidInputError,
  type RecordsKind,
  subjectOf,
  type WorkflowDefinition,
} from '@ground-control/protocol';
import { ConnectionWatch } from './connection-watch.js';
import { JetStreamLog } from './jetstream-log.js';
import { JetStreamPublisher } from './jetstream-publisher.js';
import type { JournalStore, NamespaceConfig, PartitionJournal } from './journal.js';
import { JetStreamKeyedStream } from './jetstream-keyed-stream.js';
import { createJournalStream, createRecordsStreams } from './journal-stream.js';
import type { KeyedStream } from './keyed-stream.js';
import { LogJournal } from './log-journal.js';
import { NamespaceBucket, type StoredConfig } from './namespace-bucket.js';
import { assertNamespaceConfig, assertPartition } from './namespace-config.js';
import { retryTransient } from './retry-transient.js';
import { JetStreamSharedTable } from './jetstream-shared-table.js';
import type { SharedTable } from './shared-table.js';
import { bucketOf, bucketStreamOf, journalStreamOf, recordsStreamOf } from './stream-names.js';

/** How many streams are created at a time. */
const CREATE_CONCURRENCY = 8;

/** How long the table of leases may take to answer, in milliseconds: half of a coordinator's lease. */
const TABLE_TIMEOUT_MS = 1_500;

/** Options of a {@link JetStreamJournalStore}. */
export interface JetStreamJournalStoreOptions {
  /** How long an append may take until it counts as uncertain, in milliseconds. @defaultValue 5000 */
  appendTimeoutMs?: number | undefined;
  /** How long any other request to JetStream may take, in milliseconds. @defaultValue 5000 */
  requestTimeoutMs?: number | undefined;
  /** The prefix of inboxes, where the connection has one of its own. @defaultValue '_INBOX' */
  inboxPrefix?: string | undefined;
}

interface Opened {
  config: NamespaceConfig;
  bucket: NamespaceBucket;
  manager: JetStreamManager;
}

/** The journals of a namespace in NATS JetStream. The connection stays its owner's to close. */
export class JetStreamJournalStore implements JournalStore {
  private readonly client: JetStreamClient;
  private readonly watch: ConnectionWatch;
  private readonly publisher: JetStreamPublisher;
  private readonly requestTimeoutMs: number;
  private readonly partitions: Map<number, PartitionJournal> = new Map();
  private readonly keyedStreams: Map<string, KeyedStream> = new Map();
  private opened: Opened | undefined;

  /** @throws InvalidInputError for a namespace that is no name */
  constructor(
    private readonly connection: NatsConnection,
    private readonly namespace: string,
    private readonly options: JetStreamJournalStoreOptions = {},
  ) {
    assertNamespace(namespace);
    this.requestTimeoutMs = options.requestTimeoutMs ?? 5000;
    this.client = jetstream(connection, { timeout: this.requestTimeoutMs });
    this.watch = new ConnectionWatch(connection);
    const appendTimeoutMs = options.appendTimeoutMs ?? 5000;
    this.publisher = new JetStreamPublisher(connection, this.watch, appendTimeoutMs, options.inboxPrefix);
  }

  async open(options: NamespaceConfig): Promise<NamespaceConfig> {
    assertNamespaceConfig(options);
    this.opened = await retryTransient(`Opening namespace ${this.namespace}`, () =>
      this.createOrRead(options),
    );
    return this.opened.config;
  }

  /**
   * Opens a namespace that is there, to be read: creates and changes nothing.
   *
   * @throws InvalidInputError when there is none
   */
  async openExisting(): Promise<NamespaceConfig> {
    const manager = await jetstreamManager(this.connection, { timeout: this.requestTimeoutMs });
    try {
      await manager.streams.info(bucketStreamOf(this.namespace));
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound)
        throw error;
      throw new InvalidInputError(`There is no namespace ${this.namespace} here.`);
    }
    const bucket = await NamespaceBucket.openExisting(this.client, manager, this.namespace);
    const stored = await bucket.readConfig();
    if (!stored) throw new InvalidInputError(`Namespace ${this.namespace} has no configuration.`);
    const { partitions, replicas, storage } = stored;
    const config = { partitions, replicas, storage };
    this.opened = { config, bucket, manager };
    return config;
  }

  partition(partition: number): PartitionJournal {
    assertPartition(partition, this.opened?.config);
    const journal = this.partitions.get(partition) ?? new LogJournal(partition, this.logOf(partition));
    this.partitions.set(partition, journal);
    return journal;
  }

  records(kind: RecordsKind, partition: number): KeyedStream {
    assertPartition(partition, this.opened?.config);
    const name = `${kind}.${partition}`;
    const records = this.keyedStreams.get(name) ?? this.keyedStreamOf(kind, partition);
    this.keyedStreams.set(name, records);
    return records;
  }

  definitions(): Promise<WorkflowDefinition[]> {
    const { bucket } = this.whenOpened();
    return retryTransient('Reading the workflow types', () => bucket.definitions());
  }

  definition(type: string): Promise<WorkflowDefinition | undefined> {
    const { bucket } = this.whenOpened();
    return retryTransient(`Reading workflow type ${type}`, () => bucket.definition(type));
  }

  sharedTable(): SharedTable {
    const { manager } = this.whenOpened();
    const { client, watch, namespace } = this;
    return new JetStreamSharedTable({
      client,
      manager,
      watch,
      stream: bucketStreamOf(namespace),
      bucket: bucketOf(namespace),
      timeoutMs: TABLE_TIMEOUT_MS,
    });
  }

  saveDefinition(definition: WorkflowDefinition): Promise<void> {
    const { bucket } = this.whenOpened();
    return retryTransient(`Saving workflow type ${definition.type}`, () => bucket.saveDefinition(definition));
  }

  async close(): Promise<void> {
    await Promise.all([...this.partitions.values()].map((journal) => journal.close()));
    this.publisher.close();
    this.watch.close();
  }

  private async createOrRead(options: NamespaceConfig): Promise<Opened> {
    const manager = await jetstreamManager(this.connection, { timeout: this.requestTimeoutMs });
    const bucket = await NamespaceBucket.open(this.client, manager, this.namespace, options);
    const stored = await bucket.agree(options);
    if (stored.streams === 'creating') await this.createStreams(manager, bucket, stored);
    else await createRecordsStreams(manager, this.namespace, stored);
    const { partitions, replicas, storage } = stored;
    return { config: { partitions, replicas, storage }, bucket, manager };
  }

  /** May run in several processes at once, and again after one that did not finish. */
  private async createStreams(
    manager: JetStreamManager,
    bucket: NamespaceBucket,
    config: StoredConfig,
  ): Promise<void> {
    await createRecordsStreams(manager, this.namespace, config);
    const partitions = Array.from({ length: config.partitions }, (_, partition) => partition);
    for (let from = 0; from < partitions.length; from += CREATE_CONCURRENCY) {
      const group = partitions.slice(from, from + CREATE_CONCURRENCY);
      await Promise.all(
        group.map((partition) => createJournalStream(manager, this.namespace, partition, config)),
      );
    }
    await bucket.markCreated(config);
  }

  private logOf(partition: number): JetStreamLog {
    const { manager } = this.whenOpened();
    const { connection, namespace, publisher, requestTimeoutMs, watch } = this;
    return new JetStreamLog({
      connection,
      publisher,
      watch,
      manager,
      partition,
      stream: journalStreamOf(namespace, partition),
      subject: subjectOf(namespace, { kind: 'journal', partition }),
      timeoutMs: requestTimeoutMs,
      inboxPrefix: this.options.inboxPrefix,
    });
  }

  private keyedStreamOf(kind: RecordsKind, partition: number): JetStreamKeyedStream {
    const { manager } = this.whenOpened();
    const { connection, namespace, publisher, requestTimeoutMs, watch } = this;
    return new JetStreamKeyedStream({
      connection,
      publisher,
      watch,
      manager,
      namespace,
      kind,
      partition,
      stream: recordsStreamOf(namespace, kind),
      timeoutMs: requestTimeoutMs,
      inboxPrefix: this.options.inboxPrefix,
    });
  }

  private whenOpened(): Opened {
    if (this.opened) return this.opened;
    throw new InvalidInputError('The namespace is not open: call open() first.');
  }
}
