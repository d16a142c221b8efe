import type { RecordsKind, WorkflowDefinition } from '@ground-control/protocol';
import {
  type KeyedStream,
  MemoryJournalStorage,
  MemoryJournalStore,
  type NamespaceConfig,
  type SharedTable,
} from '../production.js';
import { SimKeyedStream } from './sim-keyed-stream.js';
import { roundTrip, SimLog, type StorageLink } from './sim-log.js';

/** The store of one process: the journals' real rules over logs that a faulty network lies before. */
export class SimJournalStore extends MemoryJournalStore {
  private readonly streams = new Map<string, KeyedStream>();

  constructor(
    storage: MemoryJournalStorage,
    private readonly link: StorageLink,
  ) {
    super({ storage, wrapLog: (partition, log) => new SimLog(partition, log, link) });
  }

  override async open(options: NamespaceConfig): Promise<NamespaceConfig> {
    await roundTrip(this.link, 'the namespace');
    return super.open(options);
  }

  override async definitions(): Promise<WorkflowDefinition[]> {
    await roundTrip(this.link, 'the catalogue');
    return super.definitions();
  }

  override async saveDefinition(definition: WorkflowDefinition): Promise<void> {
    await roundTrip(this.link, 'the catalogue');
    return super.saveDefinition(definition);
  }

  override records(kind: RecordsKind, partition: number): KeyedStream {
    const name = `${kind}.${partition}`;
    const stream = this.streams.get(name) ?? new SimKeyedStream(super.records(kind, partition), this.link);
    this.streams.set(name, stream);
    return stream;
  }

  override sharedTable(): SharedTable {
    const table = super.sharedTable();
    const ask = <Answer>(question: () => Promise<Answer>): Promise<Answer> => this.ask(question);
    return {
      read: () => ask(() => table.read()),
      get: (key) => ask(() => table.get(key)),
      put: (key, value, revision) => ask(() => table.put(key, value, revision)),
      remove: (key, revision) => ask(() => table.remove(key, revision)),
    };
  }

  /** The question may be lost on its way, and so may the answer, when it is done all the same. */
  private async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    await roundTrip(this.link, 'the table of leases');
    const answer = await question();
    await roundTrip(this.link, 'the table of leases');
    return answer;
  }
}
