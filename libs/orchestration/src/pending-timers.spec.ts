import type { StartWorkflow } from '@ground-control/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COMPLETE, LeaderWorld, settle } from './leader-world.fixture.js';
import { TimerQueue } from './timer-queue.js';

const PENDING = 100_000;
const HOUR = 3_600_000;

function startDelayed(world: LeaderWorld, runId: string, delayMs: number): void {
  const request: StartWorkflow = {
    kind: 'workflow.start',
    runId,
    workflowId: `workflow ${runId}`,
    workflowType: 'ProcessOrder',
    input: undefined,
    delayMs,
  };
  world.ask(`start ${runId}`, request);
}

/** How long a thousand runs take from start to end, in milliseconds. */
async function thousandRuns(world: LeaderWorld, name: string): Promise<number> {
  const from = performance.now();
  for (let index = 0; index < 1_000; index++) {
    const runId = `${name}-${index}`;
    world.begin(runId, runId);
    await new Promise((resolve) => setImmediate(resolve));
    world.report(`report ${runId}`, world.assignment(), COMPLETE);
  }
  await settle();
  return performance.now() - from;
}

describe('100,000 timers that are pending', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('cost a partition next to nothing, and fire once each when their time comes', async () => {
    const world = await LeaderWorld.start();
    world.register('w1', [], 2 * PENDING);
    await thousandRuns(world, 'warm up');
    const alone = await thousandRuns(world, 'alone');
    for (let index = 0; index < PENDING; index++) startDelayed(world, `${index}`, HOUR + (index % 1_000));
    await settle();
    const among = await thousandRuns(world, 'among');
    expect(among).toBeLessThan(5 * alone + 500);

    world.assignments.length = 0;
    world.now += HOUR - 1;
    vi.advanceTimersByTime(HOUR - 1);
    await settle();
    expect(world.assignments).toHaveLength(0);
    world.now += 1_001;
    vi.advanceTimersByTime(1_001);
    await vi.waitFor(() => expect(world.assignments).toHaveLength(PENDING), { timeout: 20_000 });
    expect(new Set(world.assignments.map(({ assignment }) => assignment.runId)).size).toBe(PENDING);
    await world.leader.stop();
  }, 60_000);

  it('are armed again by the next leader', async () => {
    const dead = await LeaderWorld.start();
    for (let index = 0; index < PENDING; index++) startDelayed(dead, `${index}`, HOUR);
    await settle();
    await dead.leader.stop();
    const world = await LeaderWorld.start(dead.store);
    world.register('w1', [], 2 * PENDING);
    await settle();
    expect(world.assignments).toHaveLength(0);
    world.now += HOUR;
    vi.advanceTimersByTime(HOUR);
    await vi.waitFor(() => expect(world.assignments).toHaveLength(PENDING), { timeout: 20_000 });
    await world.leader.stop();
  }, 60_000);

  it('come out of the queue in the order of time', () => {
    let now = 0;
    const woken: string[] = [];
    const queue = new TimerQueue(
      () => now,
      (ids) => woken.push(...ids),
    );
    // Every number below PENDING once, in an order that is none: the step has no factor in common with PENDING.
    for (let index = 0; index < PENDING; index++) {
      const at = (index * 77_773) % PENDING;
      queue.arm(`${at}`, at + 1);
    }
    now = PENDING;
    vi.advanceTimersByTime(PENDING);
    expect(woken).toEqual(Array.from({ length: PENDING }, (_, index) => `${index}`));
  });
});
