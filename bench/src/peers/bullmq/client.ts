import { FlowProducer, type JobNode, Queue, QueueEvents } from 'bullmq';

import type { Driver, DriverSettings } from '../../harness/driver.js';
import { assertResult, MANY_TASKS, type Payload, payloadOf, type RunKind } from '../../workloads.js';
import { QUEUE } from './queue.js';

type FlowJob = Parameters<FlowProducer['add']>[0];

/** Until somebody promotes it. */
const FOR_EVER_MS = 24 * 60 * 60 * 1000;

/** Adds jobs and flows, and hears of their ends from the queue's stream of events. */
export async function connect(settings: DriverSettings): Promise<Driver> {
  const connection = { host: settings['host'] ?? '', port: Number(settings['port']) };
  const queue = new Queue(QUEUE, { connection });
  const flows = new FlowProducer({ connection });
  const events = new QueueEvents(QUEUE, { connection });
  await Promise.all([queue.waitUntilReady(), flows.waitUntilReady(), events.waitUntilReady()]);
  const client = new BullMqDriver(queue, flows, events);
  return client;
}

interface Waiter {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

class BullMqDriver implements Driver {
  readonly #waiters = new Map<string, Waiter>();

  constructor(
    private readonly queue: Queue,
    private readonly flows: FlowProducer,
    private readonly events: QueueEvents,
  ) {
    // One listener for all: Job.waitUntilFinished would ask Redis once more for each.
    events.on('completed', ({ jobId, returnvalue }) => this.#take(jobId)?.resolve(returnvalue));
    events.on('failed', ({ jobId, failedReason }) => this.#take(jobId)?.reject(new Error(failedReason)));
  }

  async run(kind: RunKind, id: string): Promise<void> {
    const payload = payloadOf(id);
    const result = this.#resultOf(id);
    switch (kind) {
      case 'W1':
      case 'W3':
        await this.queue.add(kind, payload, { jobId: id });
        return assertResult(kind, id, await result);
      case 'W2':
        await this.flows.add(chain(id, payload));
        return assertResult(kind, id, await result);
      case 'W4':
        await this.flows.add(fan(id, payload));
        return assertResult(kind, id, await result);
      case 'W5':
        await sendEvent(await this.flows.add(waiting(id, payload)), payload);
        return assertResult(kind, id, await result);
      case 'loop':
      case 'start':
      case 'wait':
        throw new Error(`BullMQ does not run ${kind}.`);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.queue.close(), this.flows.close(), this.events.close()]);
  }

  #resultOf(id: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject });
    });
  }

  #take(id: string): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    return waiter;
  }
}

function job(name: string, data: Payload, rest: Pick<FlowJob, 'opts' | 'children'> = {}): FlowJob {
  return { name, queueName: QUEUE, data, ...rest };
}

function chain(id: string, payload: Payload): FlowJob {
  const first = job('first', payload);
  const second = job('second', payload, { children: [first] });
  return job('W2', payload, { opts: { jobId: id }, children: [second] });
}

function fan(id: string, payload: Payload): FlowJob {
  const children = Array.from({ length: MANY_TASKS }, () => job('task', payload));
  return job('W4', payload, { opts: { jobId: id }, children });
}

function waiting(id: string, payload: Payload): FlowJob {
  const event = job('event', payload, { opts: { delay: FOR_EVER_MS } });
  return job('W5', payload, { opts: { jobId: id }, children: [event] });
}

/** BullMQ has no durable wait: the event is a delayed child that is given its payload and let go. */
async function sendEvent(flow: JobNode, payload: Payload): Promise<void> {
  const [event] = flow.children ?? [];
  if (!event) throw new Error('The flow has no child to wait for.');
  await Promise.all([event.job.updateData(payload), event.job.promote()]);
}
