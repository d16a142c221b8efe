import {
  DiscardPolicy,
  PersistMode,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { type RecordsKind, subjectOf } from '@ground-control/protocol';
import type { NamespaceConfig } from './journal.js';
import { JournalCorruptError } from './journal-errors.js';
import { journalStreamOf, recordsStreamOf } from './stream-names.js';

const STREAM_NAME_IN_USE = 10058;

/**
 * How the stream of a partition's journal is configured. It has no limit of its own, and where an operator sets one it
 * refuses what is new instead of dropping what is old. Deleting single messages is denied for ever; purging is not,
 * which checkpoints need.
 */
export function journalStreamConfig(
  namespace: string,
  partition: number,
  { replicas, storage }: NamespaceConfig,
): Partial<StreamConfig> & { name: string } {
  return {
    name: journalStreamOf(namespace, partition),
    subjects: [subjectOf(namespace, { kind: 'journal', partition })],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    storage: storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    deny_delete: true,
    allow_direct: true,
  };
}

const RECORDS_KINDS: readonly RecordsKind[] = ['state', 'history', 'runs'];

/**
 * How a stream of checkpoints, histories or rows is configured. It is written to disk in the background, for what it
 * lost with the server's machine is rebuilt from the journal, which is purged only long after. JetStream does so on
 * one replica alone; copies are each written as the server is set up.
 */
export function recordsStreamConfig(
  namespace: string,
  kind: RecordsKind,
  { replicas, storage }: NamespaceConfig,
): Partial<StreamConfig> & { name: string } {
  const config: Partial<StreamConfig> & { name: string } = {
    name: recordsStreamOf(namespace, kind),
    subjects: [`gc.${namespace}.${kind}.*.*`],
    retention: RetentionPolicy.Limits,
    discard: kind === 'state' ? DiscardPolicy.Old : DiscardPolicy.New,
    storage: storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    allow_direct: true,
    allow_msg_ttl: true,
  };
  if (kind === 'state') config.max_msgs_per_subject = 1;
  if (storage === 'file' && replicas === 1) config.persist_mode = PersistMode.Async;
  return config;
}

/** Creates the streams of a namespace's records, those that do not exist. */
export async function createRecordsStreams(
  manager: JetStreamManager,
  namespace: string,
  config: NamespaceConfig,
): Promise<void> {
  await Promise.all(
    RECORDS_KINDS.map((kind) => createStream(manager, recordsStreamConfig(namespace, kind, config))),
  );
}

/** @throws JournalCorruptError when the error of a request says that the stream of a journal does not exist */
export function throwIfGone(error: unknown, partition: number, stream: string): void {
  if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) {
    throw new JournalCorruptError(partition, 1, `its stream ${stream} is gone`, { cause: error });
  }
}

/** Creates the stream of a partition's journal unless it exists, however it is configured. */
export async function createJournalStream(
  manager: JetStreamManager,
  namespace: string,
  partition: number,
  config: NamespaceConfig,
): Promise<void> {
  await createStream(manager, journalStreamConfig(namespace, partition, config));
}

async function createStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  try {
    await manager.streams.add(config);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE) return;
    throw error;
  }
}
