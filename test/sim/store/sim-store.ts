import type { WorkflowDefinition } from '@ground-control/protocol';
import {
  MemoryJournalStorage,
  MemoryJournalStore,
  type NamespaceConfig,
  type SharedTable,
} from '../production.js';
import { roundTrip, SimLog, type StorageLink } from './sim-log.js';

/** The store of one process: the journals' real rules over logs that a faulty network lies before. */
export class SimJournalStore extends MemoryJournalStore {
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
