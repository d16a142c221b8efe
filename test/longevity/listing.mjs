// npm run bench:listing [-- --runs N]: pages through the listing of a namespace that has retained a million runs, and
// tells how long a page takes, how long the coordinator takes to be ready, and what memory that costs. Every run is in
// the archive, of 20 types, with attributes; one in a hundred failed.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { Test } from '@nestjs/testing';
import { JetStreamJournalStore, RunArchive } from '../../dist/libs/journal/src/index.js';
import { GroundControlClient, GroundControlModule } from '../../dist/libs/nestjs/src/index.js';
import { partitionOf } from '../../dist/libs/protocol/src/index.js';
import { GroundControlTestServer } from '../../dist/libs/testing/src/index.js';
import { childProcesses, megabytes, residentBytes } from './processes.mjs';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000000' }, pages: { type: 'string', default: '50' } },
});
const RUNS = Number(values.runs);
const PAGES = Number(values.pages);
const PARTITIONS = 4;
const DAY = 86_400_000;
const BATCH = 20_000;

const server = await GroundControlTestServer.start({ partitions: PARTITIONS });
try {
  await server.killCoordinator();
  const first = Date.now() - 20 * DAY;
  await seed(first);
  const began = performance.now();
  await server.startCoordinator();
  console.log(`${RUNS} runs: serving after ${seconds(began)} s`);
  const app = await Test.createTestingModule({
    imports: [
      GroundControlModule.forRoot({ servers: server.servers, namespace: server.namespace, worker: false }),
    ],
  }).compile();
  app.useLogger(false);
  await app.init();
  const client = app.get(GroundControlClient);
  const newest = await client.list({ limit: 1 });
  console.log(`listing after ${seconds(began)} s, the newest is ${newest.runs[0]?.workflowId}`);
  const counts = await client.counts();
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total !== RUNS) throw new Error(`${total} runs are counted`);
  for (const { pid, name } of childProcesses())
    console.log(`${name}: ${megabytes(residentBytes(pid))} MB resident`);
  await measure(client, 'everything', {});
  await measure(client, 'a type', { type: 'Type 7' });
  await measure(client, 'a status', { status: 'failed' });
  await measure(client, 'an id prefix (1 in 10)', { idPrefix: 'order-1' });
  await measure(client, 'an attribute (1 in 50)', { attributes: { region: 'region 3' } });
  await measure(client, 'an attribute of one run', { attributes: { customer: 4711 } });
  await measure(client, 'a type, failed, of a day', {
    type: 'Type 0',
    status: 'failed',
    startedAfter: new Date(first + 5 * DAY),
    startedBefore: new Date(first + 6 * DAY),
  });
  await measure(client, 'nothing that is there', { idPrefix: 'nobody' });
  await app.close();
} finally {
  await server.stop();
}

async function seed(first) {
  const began = performance.now();
  const connection = await connect({ servers: server.servers });
  const store = new JetStreamJournalStore(connection, server.namespace);
  await store.open({ partitions: PARTITIONS, replicas: 1, storage: 'file' });
  const archives = Array.from(
    { length: PARTITIONS },
    (_, partition) =>
      new RunArchive(partition, store.records('history', partition), store.records('runs', partition)),
  );
  for (let from = 0; from < RUNS; from += BATCH) {
    const batches = archives.map(() => []);
    for (let index = from; index < Math.min(from + BATCH, RUNS); index++) {
      const run = runOf(index, first);
      batches[partitionOf(run.info.workflowId, PARTITIONS)].push(run);
    }
    await Promise.all(archives.map((archive, partition) => archive.addEnded(batches[partition], 30 * DAY)));
    process.stderr.write(`\r${from + BATCH} rows`);
  }
  await store.close();
  await connection.close();
  process.stderr.write(`\r${RUNS} rows in ${seconds(began)} s\n`);
}

function runOf(index, first) {
  const startedAt = first + Math.floor((index * 20 * DAY) / RUNS);
  const status = index % 100 === 0 ? 'failed' : 'completed';
  const info = {
    id: `01J${String(index).padStart(23, '0')}`,
    workflowId: `order-${index}`,
    workflowType: `Type ${index % 20}`,
    status,
    startedAt,
    closedAt: startedAt + 1_000,
    attributes: { region: `region ${index % 50}`, customer: index },
    ...(status === 'failed' && { error: { type: 'Error', message: 'it failed' } }),
  };
  return { info, expiresAt: startedAt + 30 * DAY, entries: [], chunk: 0 };
}

async function measure(client, what, conditions) {
  const times = [];
  let cursor;
  let found = 0;
  for (let page = 0; page < PAGES; page++) {
    const began = performance.now();
    const answer = await client.list({ ...conditions, limit: 100, cursor });
    times.push(performance.now() - began);
    found += answer.runs.length;
    cursor = answer.cursor;
  }
  times.sort((one, other) => one - other);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(1);
  console.log(
    `${what.padEnd(28)} median ${at(0.5).padStart(6)} ms, p95 ${at(0.95).padStart(6)} ms, ${found} runs on ${PAGES} pages`,
  );
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
