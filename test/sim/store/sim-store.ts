import type { WorkflowDefinition } from '@ground-control/protocol';
import { MemoryJournalStorage, MemoryJournalStore, type NamespaceConfig } from '../production.js';
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
}
