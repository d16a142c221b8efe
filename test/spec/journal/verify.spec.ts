import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { JetStreamJournalStore, verifyNamespace } from '@ground-control/journal';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { JournalServer } from './journal-server.fixture.js';

const APPENDS = 20;

let server: JournalServer;
let connection: NatsConnection;
beforeAll(async () => {
  server = await JournalServer.start();
});
beforeEach(async () => {
  connection = await server.connect();
});
afterAll(() => server.stop());

/** Two partitions; the second has a journal of an epoch and what was appended. */
async function written(namespace: string): Promise<void> {
  const store = new JetStreamJournalStore(connection, namespace);
  await store.open({ partitions: 2, replicas: 1, storage: 'file' });
  const journal = store.partition(1);
  await journal.takeOver('first', () => {});
  const batch = (runId: string) => ({
    epoch: 'first',
    entries: [{ runId, at: 1, events: [{ kind: 'wait.timed_out' as const }] }],
  });
  await Promise.all(Array.from({ length: APPENDS }, (_, index) => journal.append(batch(`run ${index}`))));
  await store.close();
}

/** Another stream takes the place of partition 1's journal: of each record what `change` makes of it. */
async function rewrite(
  namespace: string,
  change: (sequence: number, bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const name = `GC_${namespace}_JOURNAL_1`;
  const { streams } = await jetstreamManager(connection);
  const { config, state } = await streams.info(name);
  const records: { subject: string; bytes: Uint8Array }[] = [];
  for (let seq = 1; seq <= state.last_seq; seq += 1) {
    const message = await streams.getMessage(name, { seq });
    if (!message) throw new Error(`record ${seq} is not there`);
    records.push({ subject: message.subject, bytes: change(seq, message.data) });
  }
  await streams.delete(name);
  await streams.add({ ...config, deny_delete: false });
  for (const { subject, bytes } of records) await connection.request(subject, bytes);
}

it('finds nothing wrong with a namespace that is whole, and creates nothing', async () => {
  await written('whole');
  const { streams } = await jetstreamManager(connection);
  const before = await streams.info('KV_GC_whole');
  expect(await verifyNamespace(connection, 'whole')).toEqual({
    partitions: 2,
    batches: APPENDS + 1,
    checkpoints: 0,
    histories: 0,
    findings: [],
  });
  expect((await streams.info('KV_GC_whole')).state).toEqual(before.state);
});

it('refuses a namespace that does not exist, and does not create it', async () => {
  const verifying = verifyNamespace(connection, 'nowhere');
  await expect(verifying).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  const { streams } = await jetstreamManager(connection);
  await expect(streams.info('KV_GC_nowhere')).rejects.toThrow(/not found/);
});

it('names the record that was deleted from the middle of a journal', async () => {
  await written('hole');
  await rewrite('hole', (_, bytes) => bytes);
  const { streams } = await jetstreamManager(connection);
  await streams.deleteMessage('GC_hole_JOURNAL_1', 9);
  const { findings } = await verifyNamespace(connection, 'hole');
  expect(findings).toMatchObject([{ partition: 1, where: 'journal', sequence: 9 }]);
  expect(findings[0]?.message).toContain('missing');
});

it('names the record with a byte that was flipped', async () => {
  await written('flipped');
  await rewrite('flipped', (sequence, bytes) => {
    if (sequence !== 7) return bytes;
    const doctored = Uint8Array.from(bytes);
    const at = doctored.length - 10;
    doctored[at] = (doctored[at] ?? 0) ^ 1;
    return doctored;
  });
  const { findings } = await verifyNamespace(connection, 'flipped');
  expect(findings).toMatchObject([{ partition: 1, where: 'journal', sequence: 7 }]);
});

it('names a journal that lost its beginning', async () => {
  await written('headless');
  const { streams } = await jetstreamManager(connection);
  await streams.purge('GC_headless_JOURNAL_1', { seq: 5 });
  const { findings } = await verifyNamespace(connection, 'headless');
  expect(findings).toMatchObject([{ partition: 1, where: 'journal', sequence: 1 }]);
});
