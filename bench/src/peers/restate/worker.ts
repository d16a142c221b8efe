import {
  type Context,
  createEndpointHandler,
  RestatePromise,
  service,
  workflow,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { createServer } from 'node:http2';

import { LOOPBACK } from '../../harness/port.js';
import { setting, workerIsReady } from '../../harness/worker-process.js';
import { MANY_TASKS, type Payload, type RunResult, type TaskResult, work } from '../../workloads.js';
import { supplyWithResolvers } from './polyfill.js';

// What needs neither state nor events is a service, which is the cheapest that Restate has: it keeps no id and no result.

const EVENT = 'go';

function task(ctx: Context, name: string, input: Payload): RestatePromise<TaskResult> {
  return ctx.run(name, () => work(input));
}

async function oneTask(ctx: Context, input: Payload): Promise<RunResult> {
  const { ok } = await task(ctx, 'work', input);
  return { ...input, tasks: Number(ok) };
}

async function threeSteps(ctx: WorkflowContext, input: Payload): Promise<RunResult> {
  let state: RunResult = { ...input, tasks: 0 };
  for (const step of ['first', 'second', 'third']) {
    const { ok } = await task(ctx, step, input);
    state = { ...state, tasks: state.tasks + Number(ok) };
    ctx.set('state', state);
  }
  return state;
}

async function tenInSequence(ctx: Context, input: Payload): Promise<RunResult> {
  let tasks = 0;
  for (let count = 0; count < MANY_TASKS; count += 1) tasks += Number((await task(ctx, 'work', input)).ok);
  return { ...input, tasks };
}

async function tenInParallel(ctx: Context, input: Payload): Promise<RunResult> {
  const results = await RestatePromise.all(
    Array.from({ length: MANY_TASKS }, (_, index) => task(ctx, `work ${index}`, input)),
  );
  return { ...input, tasks: results.filter(({ ok }) => ok).length };
}

async function eventAwaited(ctx: WorkflowContext): Promise<RunResult> {
  const payload = await ctx.promise<Payload>(EVENT);
  return { ...payload, tasks: 0 };
}

async function event(ctx: WorkflowSharedContext, payload: Payload): Promise<void> {
  await ctx.promise<Payload>(EVENT).resolve(payload);
}

const handler = createEndpointHandler({
  services: [
    service({ name: 'W1', handlers: { run: oneTask } }),
    workflow({ name: 'W2', handlers: { run: threeSteps } }),
    service({ name: 'W3', handlers: { run: tenInSequence } }),
    service({ name: 'W4', handlers: { run: tenInParallel } }),
    workflow({ name: 'W5', handlers: { run: eventAwaited, event } }),
  ],
});

supplyWithResolvers();
const server = createServer(handler);
server.listen(Number(setting('PORT')), LOOPBACK, () => {
  workerIsReady(async () => void server.close());
});
