import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { JetStreamJournalStore } from '@ground-control/journal';
import { describeKeyedStream, KEYED_LAYOUT } from '../../../libs/journal/src/keyed-stream.contract.js';
import { JournalServer } from './journal-server.fixture.js';

let server: JournalServer;
beforeAll(async () => {
  server = await JournalServer.start();
});
afterAll(() => server.stop());

describeKeyedStream('JetStream', async () => {
  const connection = await server.connect();
  const store = new JetStreamJournalStore(connection, randomUUID());
  await store.open(KEYED_LAYOUT);
  return {
    store,
    close: async () => {
      await store.close();
      await connection.close();
    },
  };
});
