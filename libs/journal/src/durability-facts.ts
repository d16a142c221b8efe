import {
  DiscardPolicy,
  jetstreamManager,
  PersistMode,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { JournalUncertainError } from './journal-errors.js';
import { throwIfGone } from './journal-stream.js';
import { retryTransient } from './retry-transient.js';
import { journalStreamOf } from './stream-names.js';

/** What a coordinator can see of where its journals are kept. */
export interface DurabilityFacts {
  serverVersion: string;
  /** The server's limit of one message, in bytes. */
  maxPayloadBytes: number;
  /** Whether the server is one of a cluster. */
  clustered: boolean;
  journals: JournalStreamFacts[];
}

/** What a coordinator can see of the stream of one journal. */
export interface JournalStreamFacts {
  stream: string;
  storage: 'file' | 'memory';
  replicas: number;
  /** How many of the replicas are there and up to date. */
  currentReplicas: number;
  /** Whether the server may acknowledge a message before it has written it. */
  asynchronous: boolean;
  /** Which of `max_age`, `max_bytes`, `max_msgs` and `max_msg_size` are set. */
  limits: string[];
  /** What goes when a limit is reached: the oldest message, or the new one. */
  discards: 'old' | 'new';
  /** Whether single messages may be deleted. */
  deletable: boolean;
}

/**
 * Gathers what endangers durability or does not.
 *
 * @param partitions how many partitions the namespace has, which must be open
 * @throws JournalUncertainError when the server does not answer
 * @throws JournalCorruptError when a stream is gone
 */
export async function gatherDurability(
  connection: NatsConnection,
  namespace: string,
  partitions: number,
): Promise<DurabilityFacts> {
  const journals = await retryTransient('Looking at the journals', async () => {
    const { streams } = await jetstreamManager(connection);
    const lookAt = async (partition: number): Promise<JournalStreamFacts> => {
      const stream = journalStreamOf(namespace, partition);
      const info = await streams.info(stream).catch((error: unknown) => {
        throwIfGone(error, partition, stream);
        throw error;
      });
      return factsOf(info);
    };
    return Promise.all(Array.from({ length: partitions }, (_, partition) => lookAt(partition)));
  });
  const { info } = connection;
  if (!info) throw new JournalUncertainError('There is no connection to NATS.');
  const { version: serverVersion, max_payload: maxPayloadBytes, cluster } = info;
  return { serverVersion, maxPayloadBytes, clustered: cluster !== undefined, journals };
}

function factsOf({ config, cluster }: StreamInfo): JournalStreamFacts {
  const followers = cluster?.replicas ?? [];
  const behind = followers.filter(({ current, offline }) => !current || offline);
  return {
    stream: config.name,
    storage: config.storage === StorageType.File ? 'file' : 'memory',
    replicas: config.num_replicas,
    currentReplicas: config.num_replicas - behind.length,
    asynchronous: config.persist_mode === PersistMode.Async,
    limits: limitsOf(config),
    discards: config.discard === DiscardPolicy.New ? 'new' : 'old',
    deletable: !config.deny_delete,
  };
}

function limitsOf(config: StreamInfo['config']): string[] {
  const limits = ['max_age', 'max_bytes', 'max_msgs', 'max_msg_size'] as const;
  return limits.filter((limit) => config[limit] > 0);
}
