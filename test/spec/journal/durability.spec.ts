import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { checkDurability, JetStreamJournalStore, type NamespaceConfig } from '@ground-control/journal';
import { JournalServer } from './journal-server.fixture.js';

let server: JournalServer;
let connection: NatsConnection;
beforeAll(async () => {
  server = await JournalServer.start();
});
beforeEach(async () => {
  connection = await server.connect();
});
afterAll(() => server.stop());

async function open(namespace: string, layout: Partial<NamespaceConfig> = {}): Promise<void> {
  const store = new JetStreamJournalStore(connection, namespace);
  await store.open({ partitions: 2, replicas: 1, storage: 'file', ...layout });
}

it('finds nothing wrong with a namespace on an embedded server', async () => {
  await open('sound');
  expect(await checkDurability(connection, 'sound', 2)).toEqual([]);
});

it('warns of journals in memory', async () => {
  await open('memory', { storage: 'memory' });
  const findings = await checkDurability(connection, 'memory', 2);
  expect(findings).toMatchObject([
    { severity: 'warning', setting: 'storage', streams: ['GC_memory_JOURNAL_0', 'GC_memory_JOURNAL_1'] },
  ]);
});

it('refuses a journal that an operator has set to expire', async () => {
  await open('expiring');
  const { streams } = await jetstreamManager(connection);
  await streams.update('GC_expiring_JOURNAL_1', { max_age: 3_600_000_000_000 });
  const findings = await checkDurability(connection, 'expiring', 2);
  expect(findings).toMatchObject([
    { severity: 'error', setting: 'limits', found: 'max_age', streams: ['GC_expiring_JOURNAL_1'] },
  ]);
});

it('names a stream that is gone', async () => {
  await open('gone');
  const { streams } = await jetstreamManager(connection);
  await streams.delete('GC_gone_JOURNAL_1');
  await expect(checkDurability(connection, 'gone', 2)).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    partition: 1,
  });
});
