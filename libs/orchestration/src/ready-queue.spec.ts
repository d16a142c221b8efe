import { expect, it } from 'vitest';
import { ReadyQueue } from './ready-queue.js';
import type { Worker } from './worker-registry.js';

const requirement = { workflowType: 'Order', handler: 'step', step: 'ship' } as const;

function workerWithRoom(): Worker {
  const definition = { type: 'Order', handlers: [{ name: 'ship', kind: 'step' as const }], queries: [] };
  return {
    id: 'w1',
    identity: 'w1',
    capacity: 1,
    share: 1,
    wanted: false,
    definitions: new Map([['Order', definition]]),
    held: new Map(),
    elsewhere: 0,
    registered: true,
    suspended: false,
    drains: false,
    lastSeenAt: 0,
  };
}

it('assigns the step as it was added last: an earlier term assigns nothing any more', () => {
  const queue = new ReadyQueue();
  const assigned: string[] = [];
  queue.add('r', { requirement, assign: () => false });
  queue.add('r', { requirement, assign: () => assigned.push('r') > 0 });
  queue.offer(workerWithRoom());
  expect(assigned).toEqual(['r']);
});
