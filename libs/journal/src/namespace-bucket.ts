import { createHash } from 'node:crypto';
import {
  type JetStreamClient,
  JetStreamApiError,
  type JetStreamManager,
  StorageType,
} from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { InvalidInputError, type WorkflowDefinition } from '@ground-control/protocol';
import type { NamespaceConfig } from './journal.js';
import { bucketOf, bucketStreamOf } from './stream-names.js';
import { isWrongLastSequence } from './wrong-last-sequence.js';

const CONFIG_KEY = 'config';
const CONFIG_VERSION = 1;
const STREAM_NAME_IN_USE = 10058;

/** How a namespace was created, and whether that was finished. */
export interface StoredConfig extends NamespaceConfig {
  version: number;
  /** `creating`: a stream that is missing is created. `created`: one that is missing was lost. */
  streams: 'creating' | 'created';
}

/** The small facts of a namespace, in a key-value bucket. */
export class NamespaceBucket {
  private constructor(
    private readonly bucket: KV,
    private readonly manager: JetStreamManager,
    private readonly namespace: string,
  ) {}

  /** Creates the bucket of a namespace, or opens it. */
  static async open(
    client: JetStreamClient,
    manager: JetStreamManager,
    namespace: string,
    { replicas, storage }: NamespaceConfig,
  ): Promise<NamespaceBucket> {
    const options = {
      replicas,
      storage: storage === 'file' ? StorageType.File : StorageType.Memory,
      // For the leases, which are read all at once and often.
      allow_direct: true,
    };
    const open = (): Promise<KV> => new Kvm(client).create(bucketOf(namespace), { ...options });
    const bucket = await open().catch((error: unknown) => {
      // Another process has just created it, with other options.
      if (error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE) return open();
      throw error;
    });
    const stream = bucketStreamOf(namespace);
    const { config } = await manager.streams.info(stream);
    if (!config.allow_direct) await manager.streams.update(stream, { ...config, allow_direct: true });
    return new NamespaceBucket(bucket, manager, namespace);
  }

  /** Opens the bucket of a namespace that is there; creates and changes nothing. */
  static async openExisting(
    client: JetStreamClient,
    manager: JetStreamManager,
    namespace: string,
  ): Promise<NamespaceBucket> {
    return new NamespaceBucket(await new Kvm(client).open(bucketOf(namespace)), manager, namespace);
  }

  /** Writes the configuration unless there is one; the one that is there in any case. */
  async agree(wanted: NamespaceConfig): Promise<StoredConfig> {
    const existing = await this.readConfig();
    if (existing) return existing;
    const { partitions, replicas, storage } = wanted;
    const config: StoredConfig = {
      version: CONFIG_VERSION,
      partitions,
      replicas,
      storage,
      streams: 'creating',
    };
    try {
      await this.bucket.create(CONFIG_KEY, JSON.stringify(config));
      return config;
    } catch (error) {
      const theirs = isWrongLastSequence(error) ? await this.readConfig() : undefined;
      if (theirs) return theirs;
      throw error;
    }
  }

  /** Records that every stream of the namespace was created. */
  async markCreated(config: StoredConfig): Promise<void> {
    await this.bucket.put(CONFIG_KEY, JSON.stringify({ ...config, streams: 'created' }));
  }

  /** Adds a workflow type, or replaces it. */
  async saveDefinition(definition: WorkflowDefinition): Promise<void> {
    await this.bucket.put(typeKeyOf(definition.type), JSON.stringify(definition));
  }

  /** Every workflow type. */
  async definitions(): Promise<WorkflowDefinition[]> {
    const keys: string[] = [];
    for await (const key of await this.bucket.keys('type.*')) keys.push(key);
    const found = await Promise.all(keys.map((key) => this.get<WorkflowDefinition>(key)));
    return found.flatMap((definition) => (definition ? [definition] : []));
  }

  /** One workflow type, as it was saved last. */
  definition(type: string): Promise<WorkflowDefinition | undefined> {
    return this.get<WorkflowDefinition>(typeKeyOf(type));
  }

  /** What was written last: the bucket's leader answers, and no copy that may lag behind it. */
  private async get<Value>(key: string): Promise<Value | undefined> {
    const subject = `$KV.${bucketOf(this.namespace)}.${key}`;
    const message = await this.manager.streams.getMessage(bucketStreamOf(this.namespace), {
      last_by_subj: subject,
    });
    return message?.json<Value>();
  }

  /** The configuration, undefined where none was written. */
  async readConfig(): Promise<StoredConfig | undefined> {
    const config = await this.get<StoredConfig>(CONFIG_KEY);
    if (!config) return undefined;
    if (config.version === CONFIG_VERSION) return config;
    throw new InvalidInputError(
      `The namespace has configuration version ${config.version}, this release reads ${CONFIG_VERSION}.`,
    );
  }
}

// A type may be any text, a key may not.
function typeKeyOf(type: string): string {
  return `type.${createHash('sha256').update(type).digest('hex')}`;
}
