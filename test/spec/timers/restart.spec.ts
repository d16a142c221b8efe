import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryEvent, WorkflowHandle } from '@ground-control/nestjs';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';
import { PACE } from '../support/at-least-once.fixture.js';
import { DURATION_MS, TIMED, TimedWorkflow, type Timer } from './timers.fixture.js';

const TIMERS: Timer[] = ['sleep', 'wait', 'step'];
let world: SpecWorld;

beforeAll(async () => {
  world = await SpecWorld.start();
});
afterAll(() => world?.stop());

type Started = Record<Timer, WorkflowHandle<number>> & { limited: WorkflowHandle<number> };

/** The limited run's first step needs this to end, where its worker is killed and another waits for the lease. */
const LEEWAY_MS = (PACE - 1) * 200;

/** Starts a run for each kind of timer, all of which are due at about the same time. */
async function startAll(name: string, duration: number): Promise<Started> {
  const start = (timer: Timer, options: object = {}) =>
    world.client.start(TimedWorkflow, { id: `${name} ${timer}`, input: { timer, duration }, ...options });
  const [sleep, wait, step, none] = await Promise.all([
    start('sleep'),
    start('wait'),
    start('step'),
    start('none', { delay: duration }),
  ]);
  const limited = await world.client.start(TimedWorkflow, {
    id: `${name} limited`,
    input: { timer: 'wait', duration: '1h' },
    timeout: duration + LEEWAY_MS,
  });
  await world.recorded(`${name} sleep`, 'sleep.started');
  await Promise.all(
    ['wait', 'step', 'limited'].map((id) => world.recorded(`${name} ${id}`, 'step.completed')),
  );
  return { sleep, wait, step, none, limited };
}

/** What came of each timer: how often it fired by its own count and by the history, and whether that was too early. */
async function firings(runs: Started, duration: number): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = {};
  for (const timer of [...TIMERS, 'none'] as const) {
    await world.recorded(runs[timer].workflowId, 'wait.started', timer === 'wait' ? 2 : 1);
    await runs[timer].send('how often');
    const counted = await runs[timer].result();
    const history = await runs[timer].history();
    const steps = eventsOf(history, 'step.completed').filter(({ step }) => step === 'fire').length;
    told[timer] = { counted, steps, early: firedAfter(history) < duration };
  }
  const error = await rejectionOf(runs.limited.result());
  const timedOut = eventsOf(await runs.limited.history(), 'run.timed_out').length;
  return { ...told, limited: [error.name, timedOut] };
}

const ONCE = { counted: 1, steps: 1, early: false };
const EACH_ONCE = { sleep: ONCE, wait: ONCE, step: ONCE, none: ONCE, limited: ['WorkflowTimedOutError', 1] };

function firedAfter(history: HistoryEvent[]): number {
  const fired = eventsOf(history, 'step.started').find(({ step }) => step === 'fire');
  return (fired?.at.getTime() ?? 0) - (history[0]?.at.getTime() ?? 0);
}

describe('a sleep, a wait, a delayed step, a delayed start and a workflow timeout', () => {
  let worker: { close(): Promise<void> };

  beforeEach(async () => {
    worker = await world.serve(TIMED);
  });
  afterEach(() => worker.close());

  /** Ends every process but this one, and what in this one serves workflows; then starts all again. */
  async function restartEverything(): Promise<void> {
    await worker.close();
    await world.server.killCoordinator();
    await world.server.killNats();
    await world.server.startNats();
    await world.server.startCoordinator();
    worker = await world.serve(TIMED);
  }

  it('fire once and not early', async () => {
    expect(await firings(await startAll('undisturbed', 200), 200)).toEqual(EACH_ONCE);
  });

  it('survive a restart of everything before they are due', async () => {
    const runs = await startAll('restart', DURATION_MS);
    await restartEverything();
    expect(await firings(runs, DURATION_MS)).toEqual(EACH_ONCE);
  });

  it('that come due while nothing lives fire when everything does', async () => {
    const runs = await startAll('overdue', 100);
    await restartEverything();
    expect(await firings(runs, 100)).toEqual(EACH_ONCE);
  });

  it('fire once when the coordinator dies around the time when they are due', async () => {
    const runs = await startAll('on the edge', 300);
    await world.recorded('on the edge wait', 'wait.timed_out');
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    expect(await firings(runs, 300)).toEqual(EACH_ONCE);
  });
});
