import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { subjectOf } from '@ground-control/protocol';
import type { NamespaceConfig } from './journal.js';
import { JournalCorruptError } from './journal-errors.js';
import { journalStreamOf } from './stream-names.js';

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
  try {
    await manager.streams.add(journalStreamConfig(namespace, partition, config));
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE) return;
    throw error;
  }
}
