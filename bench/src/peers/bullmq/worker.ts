import { type Job, Worker } from 'bullmq';

import { setting, workerIsReady } from '../../harness/worker-process.js';
import { MANY_TASKS, type Payload, type RunResult, type TaskResult, work } from '../../workloads.js';
import { QUEUE } from './queue.js';

// A job is a step with one task; what it returns is kept, and is what its parent in a flow reads. A job of several
// tasks notes each in its data, as BullMQ's documentation has it for jobs that shall go on where they broke off.

function oneTask(input: Payload): Promise<RunResult> {
  return Promise.resolve({ ...input, tasks: Number(work(input).ok) });
}

/** A step of a chain: what the one before it returned is the state, and what it returns is kept as the new one. */
async function oneStep(job: Job<Payload>): Promise<RunResult> {
  const [before] = Object.values(await job.getChildrenValues<RunResult>());
  return { ...job.data, tasks: (before?.tasks ?? 0) + Number(work(job.data).ok) };
}

async function tenInSequence(job: Job<Payload & { results?: TaskResult[] }>): Promise<RunResult> {
  const { results: earlier = [], ...input } = job.data;
  const results = [...earlier];
  while (results.length < MANY_TASKS) {
    results.push(work(input));
    await job.updateData({ ...input, results });
  }
  return { ...input, tasks: results.length };
}

async function sumOfChildren(job: Job<Payload>): Promise<RunResult> {
  const results = Object.values(await job.getChildrenValues<TaskResult>());
  return { ...job.data, tasks: results.filter(({ ok }) => ok).length };
}

async function eventAwaited(job: Job<Payload>): Promise<RunResult> {
  const [payload] = Object.values(await job.getChildrenValues<Payload>());
  if (!payload) throw new Error('The event did not come.');
  return { ...payload, tasks: 0 };
}

async function processJob(job: Job): Promise<unknown> {
  switch (job.name) {
    case 'W1':
      return oneTask(job.data as Payload);
    case 'first':
      return oneTask(job.data as Payload);
    case 'second':
    case 'W2':
      return oneStep(job as Job<Payload>);
    case 'W3':
      return tenInSequence(job as Job<Payload>);
    case 'task':
      return work(job.data as Payload);
    case 'W4':
      return sumOfChildren(job as Job<Payload>);
    case 'event':
      return job.data as Payload;
    case 'W5':
      return eventAwaited(job as Job<Payload>);
    default:
      throw new Error(`There is no job ${job.name}.`);
  }
}

const worker = new Worker(QUEUE, processJob, {
  connection: {
    host: setting('REDIS_HOST'),
    port: Number(setting('REDIS_PORT')),
    maxRetriesPerRequest: null,
  },
  concurrency: Number(setting('CONCURRENCY')),
});
worker.on('error', (error) => process.stderr.write(`${String(error)}\n`));
await worker.waitUntilReady();
workerIsReady(() => worker.close());
