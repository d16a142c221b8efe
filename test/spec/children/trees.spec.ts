import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, SpecWorld } from '../support/spec-world.fixture.js';
import { CHILDREN, NestedWorkflow, TreeWorkflow } from './children.fixture.js';

let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start(CHILDREN);
});
afterAll(() => world?.stop());

describe('a tree of runs', () => {
  it('of 5 levels tells every outcome to the one above', async () => {
    const runs = 1 + 3 + 9 + 27 + 81 + 243;
    await expect(world.client.run(TreeWorkflow, { id: 'deep', input: { depth: 5, width: 3 } })).resolves.toBe(
      runs,
    );
    const { runs: listed } = await world.client.list({ type: 'Tree', idPrefix: 'deep', limit: 1_000 });
    expect(listed).toHaveLength(runs);
    expect(new Set(listed.map(({ status }) => status))).toEqual(new Set(['completed']));
  });

  it('of 100 children of one parent tells it of each once', async () => {
    const handle = await world.client.start(TreeWorkflow, { id: 'wide', input: { depth: 1, width: 100 } });
    await expect(handle.result()).resolves.toBe(101);
    const history = await handle.history();
    expect(eventsOf(history, 'child.started')).toHaveLength(100);
    const completed = eventsOf(history, 'child.completed');
    expect(completed).toHaveLength(100);
    expect(new Set(completed.map(({ runId }) => runId)).size).toBe(100);
  });

  it('of 5 levels that wait for each other within their steps ends', async () => {
    await expect(world.client.run(NestedWorkflow, { id: 'nested', input: 5 })).resolves.toBe(
      '5 4 3 2 1 bottom',
    );
  });
});
