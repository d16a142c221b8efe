import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { gates } from '../support/gates.fixture.js';
import { eventsOf, PATIENCE, SpecWorld } from '../support/spec-world.fixture.js';
import { CHILDREN, ReplayedWorkflow } from './children.fixture.js';

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start();
});
afterAll(() => world?.stop());

describe("the parent's step that is replayed by another worker", () => {
  it('starts each child once, and gets the outcomes that were recorded', async () => {
    const first = await world.serve(CHILDREN);
    const handle = await world.client.start(ReplayedWorkflow, { id: 'replayed' });
    await gates.reached('replayed');
    await vi.waitUntil(async () => (await listed()).length === 3, PATIENCE);
    const before = await listed();
    // The step is given back when its application closes.
    await world.serve(CHILDREN);
    await first.close();
    await world.recorded('replayed', 'step.started', 2);
    gates.open('replayed');
    await world.client.handle('replayed third').send('go');
    const [firstRunId, second, third] = await handle.result();
    expect([second, third]).toEqual(['child of replayed', 'went']);
    expect(await listed()).toEqual(before);
    expect(before).toContain(firstRunId);
    const history = await handle.history();
    expect(eventsOf(history, 'child.started')).toHaveLength(3);
    expect(eventsOf(history, 'child.completed')).toHaveLength(3);
  });

  async function listed(): Promise<string[]> {
    const { runs } = await world.client.list({ type: 'Child' });
    return runs.map(({ id }) => id);
  }
});
