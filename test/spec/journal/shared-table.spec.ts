import { randomUUID } from 'node:crypto';
import { JetStreamJournalStore, type SharedTable } from '@ground-control/journal';
import { afterAll, beforeAll } from 'vitest';
import { LAYOUT } from '../../../libs/journal/src/journal-world.contract.js';
import {
  describeSharedTable,
  type SharedTableWorld,
} from '../../../libs/journal/src/shared-table.contract.js';
import { JournalServer } from './journal-server.fixture.js';

let server: JournalServer;
beforeAll(async () => {
  server = await JournalServer.start();
});
afterAll(() => server.stop());

/** Each table has a connection of its own, as each coordinator has. */
function startWorld(): Promise<SharedTableWorld> {
  const namespace = randomUUID();
  const stores: JetStreamJournalStore[] = [];
  const table = async (): Promise<SharedTable> => {
    const store = new JetStreamJournalStore(await server.connect(), namespace);
    stores.push(store);
    await store.open(LAYOUT);
    return store.sharedTable();
  };
  return Promise.resolve({
    table,
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
    },
  });
}

describeSharedTable('JetStream', startWorld);
