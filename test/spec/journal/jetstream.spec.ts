import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { JetStreamJournalStore } from '@ground-control/journal';
import { describeJournal } from '../../../libs/journal/src/journal.contract.js';
import { type JournalWorld, LAYOUT, type Leader } from '../../../libs/journal/src/journal-world.contract.js';
import { FaultyConnection } from './faulty-connection.fixture.js';
import { JournalServer } from './journal-server.fixture.js';

let server: JournalServer;
beforeAll(async () => {
  server = await JournalServer.start();
});
afterAll(() => server.stop());

/** A namespace of its own on the one server; its leaders share a connection, as far as nothing goes wrong on it. */
async function startWorld(): Promise<JournalWorld> {
  const namespace = randomUUID();
  const connection = await server.connect();
  const store = (on = connection): JetStreamJournalStore => new JetStreamJournalStore(on, namespace);
  const leader = async (): Promise<Leader> => {
    const faulty = new FaultyConnection(connection);
    const opened = store(faulty.connection);
    await opened.open(LAYOUT);
    return {
      store: opened,
      journal: opened.partition(0),
      failNextAppends: (...faults) => faulty.failNextAppends(...faults),
      holdAppends: () => faulty.holdAppends(),
    };
  };
  return { store, leader, close: () => connection.close() };
}

describeJournal('JetStream', startWorld, { runs: 25, timeoutMs: 60_000 });
