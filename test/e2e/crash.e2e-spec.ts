import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryEvent, WorkflowHandle } from '@ground-control/nestjs';
import { ChainWorkflow } from '../fixtures/worker/chain.workflow.js';
import type { ChainInput, ChainResult } from '../fixtures/worker/chain.types.js';
import { CrashWorld, kill, outline, recordedTasks } from './crash-world.fixture.js';

const TASKS = 4;
const SUM = (TASKS * (TASKS + 1)) / 2;
const EVERY_TASK = [...Array.from({ length: TASKS }, (_, index) => `add ${index + 1}`), 'close'];

let world: CrashWorld;

beforeAll(async () => {
  world = await CrashWorld.start();
});
afterAll(() => world.stop());
beforeEach(() => world.keepWorkers(2));

function start(id: string, input: Partial<ChainInput> = {}): Promise<WorkflowHandle<ChainResult>> {
  return world.client.start(ChainWorkflow, { id, input: { tasks: TASKS, ...input } });
}

/** Each task recorded once, in order; the result right; no recorded body run again. */
async function expectWhole(handle: WorkflowHandle<ChainResult>): Promise<HistoryEvent[]> {
  await expect(handle.result({ timeout: '60s' })).resolves.toMatchObject({ sum: SUM });
  const history = await handle.history();
  expect(recordedTasks(history)).toEqual(EVERY_TASK);
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  expect(history.filter(({ kind }) => kind === 'run.completed')).toHaveLength(1);
  expect(history.filter(({ kind }) => kind === 'step.completed')).toHaveLength(2);
  return history;
}

/** Bodies that ran: each once, all in all under as many idempotency keys. */
function expectBodiesOnce(id: string): void {
  const ledger = world.ledger(id);
  expect(ledger.map(({ what }) => what)).toEqual(EVERY_TASK);
  expect(new Set(ledger.map(({ key }) => key)).size).toBe(EVERY_TASK.length);
}

/**
 * A body whose record was not durable when its leader died may run again, and then under the same key: that is what
 * makes it idempotent at the far end. No task is left out and none has a second key.
 */
function expectOneKeyEach(id: string): void {
  const keys = new Map<string, Set<string>>();
  for (const { what, key } of world.ledger(id)) keys.set(what, (keys.get(what) ?? new Set()).add(key));
  expect([...keys.keys()]).toEqual(EVERY_TASK);
  expect([...keys.values()].map((set) => set.size)).toEqual(EVERY_TASK.map(() => 1));
}

describe('a worker that is killed', () => {
  const places = [
    ...Array.from({ length: TASKS }, (_, index) => `after task ${index + 1}`),
    'before the result',
    'in the second step',
  ];

  it.each(places)('%s: another finishes, and no completed body runs again', async (place) => {
    const id = `killed ${place}`;
    const handle = await start(id, { killAt: place });
    const history = await expectWhole(handle);
    expectBodiesOnce(id);
    expect(history.filter(({ kind }) => kind === 'step.retried')).toHaveLength(1);
  });

  it('while idle: what is started later goes to the other', async () => {
    const idle = await world.startWorker();
    await kill(idle);
    await expectWhole(await start('after an idle worker died'));
    expectBodiesOnce('after an idle worker died');
  });
});

/** A chain exchanges about thirty messages: these are the places between any two of them. */
const MESSAGES = Array.from({ length: 26 }, (_, index) => index + 1);

describe('the coordinator that is killed', () => {
  it.each(MESSAGES)('at message %i: the run goes on where it was', async (message) => {
    const id = `coordinator killed at ${message}`;
    const { done } = await world.atMessage(message, async () => {
      await world.server.killCoordinator();
      await world.server.startCoordinator();
    });
    await expectWhole(await start(id));
    await done;
    expectOneKeyEach(id);
  });

  it('again and again under many runs: every run completes, each task once', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => `many ${index}`);
    const handles = Promise.all(ids.map((id) => start(id)));
    for (let round = 0; round < 3; round++) {
      await passed(20 + 40 * round);
      await world.server.killCoordinator();
      await world.server.startCoordinator();
    }
    for (const handle of await handles) await expectWhole(handle);
    for (const id of ids) expectOneKeyEach(id);
  });
});

describe('nats-server that is killed', () => {
  it.each(MESSAGES.filter((message) => message % 3 === 1))(
    'at message %i, and comes back on its store: the run goes on',
    async (message) => {
      const id = `nats killed at ${message}`;
      const { done } = await world.atMessage(message, async () => {
        await world.server.killNats();
        await world.server.startNats();
      });
      await expectWhole(await start(id));
      await done;
      expectOneKeyEach(id);
    },
  );
});

describe('recovery', () => {
  it('rebuilds every run from the journal: state, history and result are as before', async () => {
    const waiting = await start('waits', { waits: true });
    const done = await start('done');
    await expectWhole(done);
    await expect.poll(async () => (await waiting.describe()).status, { timeout: 20_000 }).toBe('waiting');
    const before = [
      await waiting.describe(),
      await waiting.history(),
      await done.describe(),
      await done.history(),
    ];
    await world.server.killCoordinator();
    await world.server.killNats();
    await world.server.startNats();
    await world.server.startCoordinator();
    const after = [
      await waiting.describe(),
      await waiting.history(),
      await done.describe(),
      await done.history(),
    ];
    expect(after).toEqual(before);
    await waiting.send('go');
    await expect(waiting.result({ timeout: '30s' })).resolves.toMatchObject({ sum: SUM });
    expect(outline(await waiting.history()).at(-1)).toMatch(/run\.completed$/);
  });
});

/** Resolves when so much of the monotonic clock has passed: the kill points are spread by it, nothing waits on it. */
async function passed(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
}
