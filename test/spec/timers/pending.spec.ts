import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { undisturbed } from '../support/at-least-once.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, PATIENCE, SpecWorld } from '../support/spec-world.fixture.js';
import { TimedWorkflow } from './timers.fixture.js';

/** Runs that wait for a timer each; the partition's leader is shown with 100,000 in its own tests. */
const PENDING = 3_000;
const DUE = 1_000;

const APP = served([TimedWorkflow]);

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
});
afterAll(() => world?.stop());

function startMany(count: number, prefix: string, options: object): Promise<unknown> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      world.client.start(TimedWorkflow, {
        id: `${prefix} ${index}`,
        input: { timer: 'none', duration: 0 },
        ...options,
      }),
    ),
  );
}

/** How long a short delayed step takes in all, in milliseconds: the least of a few. */
async function shortTimer(name: string): Promise<number> {
  const times: number[] = [];
  for (let time = 0; time < 5; time++) {
    const id = `${name} ${time}`;
    const from = performance.now();
    await world.client.start(TimedWorkflow, { id, input: { timer: 'step', duration: 20 } });
    const [waiting] = await world.recorded(id, 'wait.started');
    expect(waiting).toBeDefined();
    times.push(performance.now() - from);
  }
  return Math.min(...times);
}

describe('thousands of timers that are pending', () => {
  it('do not slow others down, also after a restart of the coordinator', async () => {
    const alone = await shortTimer('alone');
    await startMany(PENDING, 'pending', { delay: '1h' });
    const among = await shortTimer('among');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    await world.registered('spec-1');
    const later = await shortTimer('later');
    const bound = 5 * alone + 200;
    expect({ among: among < bound, later: later < bound }).toEqual({ among: true, later: true });
  });

  it('that are due at once fire once each', async () => {
    await startMany(DUE, 'due', { delay: 500 });
    const waiting = { idPrefix: 'due', status: 'waiting', limit: 1_000 } as const;
    await vi.waitUntil(async () => (await world.client.list(waiting)).runs.length === DUE, PATIENCE);
    const { runs } = await world.client.list(waiting);
    for (const { workflowId } of runs.filter((_, index) => index % 20 === 0)) {
      const history = undisturbed(await world.client.handle(workflowId).history());
      expect(eventsOf(history, 'step.started').map(({ step }) => step)).toEqual(['start', 'fire']);
    }
  });
});
