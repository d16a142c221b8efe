import { DBOS, type WorkflowHandle } from '@dbos-inc/dbos-sdk';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { LOOPBACK } from '../../harness/port.js';
import { setting, workerIsReady } from '../../harness/worker-process.js';
import { MANY_TASKS, type Payload, type RunResult, type TaskResult, work } from '../../workloads.js';

// The workflows run in the application that takes the requests, which is how DBOS is meant to be used and fastest.

const EVENT = 'go';
const EVENT_TIMEOUT_SECONDS = 600;
/** Connections to PostgreSQL; ten would be the default. */
const POOL_SIZE = 20;

function task(name: string, input: Payload): Promise<TaskResult> {
  return DBOS.runStep(() => Promise.resolve(work(input)), { name });
}

async function oneTask(input: Payload): Promise<RunResult> {
  const { ok } = await task('work', input);
  return { ...input, tasks: Number(ok) };
}

async function threeSteps(input: Payload): Promise<RunResult> {
  let state: RunResult = { ...input, tasks: 0 };
  for (const step of ['first', 'second', 'third']) {
    const { ok } = await task(step, input);
    state = { ...state, tasks: state.tasks + Number(ok) };
    await DBOS.setEvent('state', state);
  }
  return state;
}

async function tenInSequence(input: Payload): Promise<RunResult> {
  let tasks = 0;
  for (let count = 0; count < MANY_TASKS; count += 1) tasks += Number((await task('work', input)).ok);
  return { ...input, tasks };
}

async function tenInParallel(input: Payload): Promise<RunResult> {
  const results = await Promise.all(
    Array.from({ length: MANY_TASKS }, (_, index) => task(`work ${index}`, input)),
  );
  return { ...input, tasks: results.filter(({ ok }) => ok).length };
}

async function eventAwaited(_input: Payload): Promise<RunResult> {
  const payload = await DBOS.recv<Payload>(EVENT, EVENT_TIMEOUT_SECONDS);
  if (!payload) throw new Error('The event did not come.');
  return { ...payload, tasks: 0 };
}

const workflows: Record<string, (input: Payload) => Promise<RunResult>> = {
  W1: DBOS.registerWorkflow(oneTask, { name: 'W1' }),
  W2: DBOS.registerWorkflow(threeSteps, { name: 'W2' }),
  W3: DBOS.registerWorkflow(tenInSequence, { name: 'W3' }),
  W4: DBOS.registerWorkflow(tenInParallel, { name: 'W4' }),
  W5: DBOS.registerWorkflow(eventAwaited, { name: 'W5' }),
};

/** Kept because a handle of the process that runs the workflow hears of its end, while any other polls. */
const handles = new Map<string, WorkflowHandle<RunResult>>();

/** `POST /<workflow>/<id>/<run|start|event|result>` */
async function serve(path: string, body: Payload): Promise<unknown> {
  const [, name = '', id = '', action = ''] = path.split('/');
  switch (action) {
    case 'run':
      return (await start(name, id, body)).getResult();
    case 'start':
      handles.set(id, await start(name, id, body));
      return {};
    case 'event':
      await DBOS.send(id, body, EVENT);
      return {};
    case 'result':
      return resultOf(id);
    default:
      throw new Error(`There is no ${path}.`);
  }
}

function start(name: string, id: string, input: Payload): Promise<WorkflowHandle<RunResult>> {
  const workflow = workflows[name];
  if (!workflow) throw new Error(`There is no workflow ${name}.`);
  return DBOS.startWorkflow(workflow, { workflowID: id })(input);
}

async function resultOf(id: string): Promise<RunResult> {
  const handle = handles.get(id);
  if (!handle) throw new Error(`${id} was not started here.`);
  handles.delete(id);
  return handle.getResult();
}

async function readBody(request: IncomingMessage): Promise<Payload> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text) as Payload;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const result = await serve(request.url ?? '', await readBody(request));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(result));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}

DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: setting('DATABASE_URL'),
  logLevel: 'error',
  systemDatabasePoolSize: POOL_SIZE,
});
await DBOS.launch();
const server = createServer((request, response) => void answer(request, response));
server.keepAliveTimeout = 60_000;
server.listen(Number(setting('PORT')), LOOPBACK, () => {
  workerIsReady(async () => {
    server.close();
    await DBOS.shutdown();
  });
});
