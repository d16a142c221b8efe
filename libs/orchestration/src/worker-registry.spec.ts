import { expect, it } from 'vitest';
import { WorkerRegistry } from './worker-registry.js';

it('loses a silent worker within a lease of when the clock was put back', () => {
  let now = 10_000_000;
  const workers = new WorkerRegistry(
    1_000,
    () => now,
    () => undefined,
  );
  workers.register({
    kind: 'worker.register',
    workerId: 'w1',
    identity: 'w1',
    capacity: 1,
    definitions: [],
    held: [],
  });
  now -= 3_600_000;
  expect(workers.expire()).toEqual([]);
  now += 1_001;
  expect(workers.expire()).toEqual(['w1']);
});
