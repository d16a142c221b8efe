import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JetStreamJournalStore, type JournalBatch, type PartitionJournal } from '@ground-control/journal';
import { JournalServer } from './journal-server.fixture.js';

const BATCHES = 20_000;
const ENTRIES = 15;
const PIPELINE = 64;
const MEGABYTE = 1024 * 1024;

let server: JournalServer;
beforeAll(async () => {
  // Not synced, so that the journal is soon written: it is the reading that is looked at.
  server = await JournalServer.start({ syncAlways: false });
});
afterAll(() => server.stop());

async function openJournal(): Promise<PartitionJournal> {
  const store = new JetStreamJournalStore(await server.connect(), 'replay');
  await store.open({ partitions: 1, replicas: 1, storage: 'file' });
  return store.partition(0);
}

/** About 5 KB. */
function batchOf(number: number): JournalBatch {
  const entries = Array.from({ length: ENTRIES }, (_, index) => ({
    runId: `run ${number} ${index}`,
    at: 1_700_000_000_000 + number,
    events: [
      {
        kind: 'event.received' as const,
        id: `${number}`,
        event: 'paid',
        payload: new Uint8Array(256).fill(index),
      },
    ],
  }));
  return { epoch: 'e1', entries };
}

it('replays 20,000 batches in seconds and in little memory', { timeout: 120_000 }, async () => {
  const writer = await openJournal();
  await writer.takeOver('e1', () => {});
  for (let from = 0; from < BATCHES; from += PIPELINE) {
    const count = Math.min(PIPELINE, BATCHES - from);
    await Promise.all(Array.from({ length: count }, (_, index) => writer.append(batchOf(from + index))));
  }

  const reader = await openJournal();
  const heapBefore = collectGarbage();
  let [batches, entries, bytes, heapMost] = [0, 0, 0, 0];
  const began = performance.now();
  await reader.takeOver('e2', (_sequence, batch) => {
    batches += 1;
    entries += batch.entries.length;
    bytes += ENTRIES * 256;
    if (batches % 5000 === 0) heapMost = Math.max(heapMost, collectGarbage());
  });
  const seconds = (performance.now() - began) / 1000;

  expect([batches, entries]).toEqual([BATCHES + 2, BATCHES * ENTRIES]);
  expect(seconds).toBeLessThan(30);
  expect(heapMost - heapBefore).toBeLessThan(16 * MEGABYTE);
  const megabytes = bytes / MEGABYTE;
  process.stdout.write(
    `replayed ${BATCHES} batches, ${entries} entries, ${megabytes.toFixed(0)} MB of values in ${seconds.toFixed(2)} s; ` +
      `heap +${((heapMost - heapBefore) / MEGABYTE).toFixed(1)} MB\n`,
  );
});

/** @returns what is left on the heap then, in bytes */
function collectGarbage(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
