// npm run soak [-- --minutes 30 --rate 100 --waiting 200000]: a steady load of short runs while runs that wait pile up; the
// coordinator is killed again and again. Tells memory, disk, journal and recovery time as they go, checks at the end that
// nothing was lost, and draws it all into docs/images/soak.svg (--picture).
import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Test } from '@nestjs/testing';
import {
  GroundControlClient,
  GroundControlModule,
  Start,
  Step,
  Workflow,
} from '../../dist/libs/nestjs/src/index.js';
import { GroundControlTestServer } from '../../dist/libs/testing/src/index.js';
import { childProcesses, megabytes, residentBytes } from './processes.mjs';
import { drawCharts } from './soak-picture.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '100' },
    waiting: { type: 'string', default: '200000' },
    kills: { type: 'string', default: '6' },
    picture: { type: 'string', default: 'docs/images/soak.svg' },
  },
});
const DURATION_MS = Number(values.minutes) * 60_000;
const RATE = Number(values.rate);
const WAITING = Number(values.waiting);
const KILLS = Number(values.kills);
const SAMPLES = 120;

/** Runs two steps and ends, or waits for a week; decorated by hand, for this is no TypeScript. */
class SoakWorkflow {
  async start(ctx, input) {
    ctx.store.put('input', input);
    return input.wait ? ctx.next.wait({ timeout: '7d' }) : ctx.next.step(this.end);
  }
  async end(ctx) {
    return ctx.next.complete((await ctx.store.get('input')).number);
  }
}
decorate('start', Start());
decorate('end', Step());
Workflow('Soak')(SoakWorkflow);

function decorate(name, decorator) {
  decorator(SoakWorkflow.prototype, name, Object.getOwnPropertyDescriptor(SoakWorkflow.prototype, name));
}

const purgeDelayMs = Math.min(5 * 60_000, DURATION_MS / 6);
const server = await GroundControlTestServer.start({
  // Under one id, so that a coordinator takes the place of the one before at once instead of after its lease.
  env: {
    GROUND_CONTROL_PURGE_DELAY: String(Math.round(purgeDelayMs)),
    GROUND_CONTROL_COORDINATOR_ID: 'soak',
  },
});
const app = await Test.createTestingModule({
  imports: [
    GroundControlModule.forRoot({
      servers: server.servers,
      namespace: server.namespace,
      worker: { concurrency: 1_000 },
    }),
  ],
  providers: [SoakWorkflow],
}).compile();
app.useLogger(false);
await app.init();
const client = app.get(GroundControlClient);
const connection = await connect({ servers: server.servers });
const manager = await jetstreamManager(connection);

const began = Date.now();
const samples = [];
const recoveries = [];
const done = { ended: 0, waiting: 0, wrong: 0 };
const elapsed = () => Date.now() - began;

try {
  await Promise.all([short(), waiting(), watch(), kill()]);
  await check();
  draw();
} finally {
  await connection.close();
  await app.close();
  await server.stop();
}

/** Short runs, so many a second. */
async function short() {
  const open = new Set();
  for (let number = 0; elapsed() < DURATION_MS; number++) {
    const run = runOne(number).finally(() => open.delete(run));
    open.add(run);
    await delay(Math.max(0, (number * 1000) / RATE - elapsed()));
    // While the coordinator is away the load waits, as its callers would.
    if (open.size > 5_000) await Promise.race(open);
  }
  await Promise.all(open);
}

async function runOne(number) {
  const result = await client.run('Soak', { id: `short ${number}`, input: { number } });
  done.ended++;
  if (result !== number) done.wrong++;
}

/** Runs that wait, evenly over the time. */
async function waiting() {
  const perMs = WAITING / (DURATION_MS * 0.9);
  while (done.waiting < WAITING) {
    const due = Math.min(WAITING, Math.floor(elapsed() * perMs), done.waiting + 500);
    const numbers = Array.from(
      { length: Math.max(0, due - done.waiting) },
      (_, index) => done.waiting + index,
    );
    await Promise.all(
      numbers.map((number) => client.start('Soak', { id: `waits ${number}`, input: { wait: true, number } })),
    );
    done.waiting += numbers.length;
    if (numbers.length === 0) await delay(20);
  }
}

async function watch() {
  for (let index = 0; index <= SAMPLES; index++) {
    await delay(Math.max(0, (index * DURATION_MS) / SAMPLES - elapsed()));
    samples.push(await sample());
    const { minutes, coordinator, nats, disk, journal } = samples.at(-1);
    process.stderr.write(
      `\r${minutes.toFixed(1)} min: ${done.ended} ended, ${done.waiting} wait; coordinator ${coordinator} MB, NATS ${nats} MB, disk ${disk} MB, journal ${journal} MB   `,
    );
  }
}

async function sample() {
  const memory = { coordinator: 0, 'nats-server': 0 };
  const folders = [];
  for (const { pid, name } of childProcesses()) {
    memory[name] = megabytes(residentBytes(pid));
    if (name === 'nats-server') folders.push(storeOf(pid));
  }
  let journal = 0;
  for (let partition = 0; partition < 4; partition++) {
    journal += (await manager.streams.info(`GC_${server.namespace}_JOURNAL_${partition}`)).state.bytes;
  }
  const disk = folders.reduce((sum, folder) => sum + sizeOf(folder), 0);
  return {
    minutes: elapsed() / 60_000,
    coordinator: memory.coordinator,
    nats: memory['nats-server'],
    disk: megabytes(disk),
    journal: megabytes(journal),
    ...done,
  };
}

async function kill() {
  for (let index = 1; index <= KILLS; index++) {
    await delay(Math.max(0, (index * DURATION_MS) / (KILLS + 0.5) - elapsed()));
    await server.killCoordinator();
    const from = performance.now();
    await server.startCoordinator();
    const seconds = (performance.now() - from) / 1000;
    recoveries.push({
      minutes: elapsed() / 60_000,
      recovery: Number(seconds.toFixed(2)),
      waiting: done.waiting,
    });
  }
}

async function check() {
  process.stderr.write('\n');
  const deadline = Date.now() + 60_000;
  for (;;) {
    const counts = Object.fromEntries((await client.counts()).map(({ status, count }) => [status, count]));
    const { completed = 0, waiting: waits = 0, ...others } = counts;
    if (completed === done.ended && waits === done.waiting && done.wrong === 0) {
      console.log(`nothing lost: ${completed} runs completed, ${waits} wait`);
      break;
    }
    if (Date.now() > deadline)
      throw new Error(
        `acknowledged: ${JSON.stringify(done)}; counted: ${JSON.stringify({ completed, waits, others })}`,
      );
    await delay(500);
  }
  for (const number of [0, Math.floor(done.ended / 2), done.ended - 1]) {
    const history = await client.handle(`short ${number}`).history();
    if (history.at(-1)?.kind !== 'run.completed')
      throw new Error(`the history of run ${number} is not whole`);
  }
  for (const { minutes, recovery, waiting: waits } of recoveries) {
    console.log(
      `killed at ${minutes.toFixed(1)} min with ${waits} that wait: ready after ${recovery} s, the start of its process included`,
    );
  }
  const last = samples.at(-1);
  console.log(
    `coordinator ${last.coordinator} MB, NATS ${last.nats} MB, disk ${last.disk} MB of which the journals ${last.journal} MB`,
  );
}

function draw() {
  mkdirSync(dirname(values.picture), { recursive: true });
  writeFileSync(
    values.picture,
    drawCharts(samples, recoveries, { minutes: Number(values.minutes), rate: RATE }),
  );
  console.log(`drawn into ${values.picture}`);
}

/** Where a nats-server keeps its streams: in the folder of the configuration file that it was started with. */
function storeOf(pid) {
  const [, file] = execFileSync('tr', ['\\0', '\\n'], {
    input: execFileSync('cat', [`/proc/${pid}/cmdline`]),
  })
    .toString()
    .split('\n')
    .filter((word) => word !== '-c');
  return file ? dirname(file) : '';
}

function sizeOf(folder) {
  if (folder === '') return 0;
  try {
    return (
      1024 *
      Number(
        execFileSync('du', ['-sk', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
          .toString()
          .split('\t')[0],
      )
    );
  } catch (error) {
    // A file that goes while they are counted.
    return 1024 * Number(String(error.stdout ?? '0').split('\t')[0]);
  }
}
