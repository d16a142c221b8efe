import {
  type Context,
  type Directive,
  Start,
  Task,
  TaskContext,
  Workflow,
  type WorkflowHandle,
} from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { atLeastOnce, nthAttempt } from '../support/at-least-once.fixture.js';
import { gates } from '../support/gates.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served, type ServedApp, type ServeOptions } from '../support/served-app.fixture.js';
import {
  eventsOf,
  rejectionOf,
  PATIENCE,
  type SpecWorker,
  SpecWorld,
} from '../support/spec-world.fixture.js';

/** The bodies that ran. */
const bodies = new Ledger<string>('bodies');

function ranIn(workflowId: string): string[] {
  return atLeastOnce(bodies.of(workflowId));
}

@Injectable()
class Tasks {
  @Task()
  async charge(amount: number): Promise<number> {
    return note('charge', amount);
  }

  @Task()
  async reserve(item: string): Promise<string> {
    return note('reserve', item);
  }

  @Task({ name: 'chargeCard' })
  async chargeUnderAnotherName(amount: number): Promise<number> {
    return note('chargeCard', amount);
  }

  /** Ends when its step is taken from the worker, or in the worker that comes after. */
  @Task()
  async hold(): Promise<string> {
    const { run, signal } = TaskContext.current();
    await gates.pass(run.workflowId, signal);
    return signal.aborted ? 'taken away' : note('hold', 'held');
  }
}

function note<T>(name: string, value: T): T {
  bodies.note(TaskContext.current().run.workflowId, `${name} ${String(value)}`);
  return value;
}

/** What a version of the workflow does. */
type Version = (tasks: Tasks, ctx: Context) => Promise<unknown>;

/** An application that serves the same workflow type with other code. */
function versionOf(steps: Version, options: ServeOptions = {}): ServedApp {
  @Workflow('Replay.Order')
  class OrderWorkflow {
    constructor(private readonly tasks: Tasks) {}

    @Start()
    async start(ctx: Context): Promise<Directive> {
      return ctx.next.complete(await steps(this.tasks, ctx));
    }
  }
  return served([Tasks, OrderWorkflow], options);
}

const original: Version = async (tasks, ctx) => [
  await tasks.charge(10),
  await ctx.uuid4(),
  await tasks.reserve('lamp'),
  await tasks.hold(),
];

const patient: ServeOptions = { worker: { onNonDeterminism: 'wait' } };

const ORIGINAL = versionOf(original);
const REORDERED = versionOf(async (tasks, ctx) => [
  await tasks.reserve('lamp'),
  await ctx.uuid4(),
  await tasks.charge(10),
]);
const RENAMED = versionOf((tasks) => tasks.chargeUnderAnotherName(10));
const DEARER = versionOf((tasks) => tasks.charge(11));
const WITHOUT_RESERVING = versionOf(async (tasks, ctx) => [
  await tasks.charge(10),
  await ctx.uuid4(),
  await tasks.hold(),
]);
const SHORTER = versionOf(async (tasks, ctx) => [await tasks.charge(10), await ctx.uuid4()]);
const ASKS_FOR_TIME = versionOf(async (tasks, ctx) => [await tasks.charge(10), await ctx.now()]);
const LONGER = versionOf(async (tasks, ctx) => [await original(tasks, ctx), await tasks.charge(5)]);
const PATIENT_DEARER = versionOf((tasks) => tasks.charge(11), patient);
const PATIENT_ORIGINAL = versionOf(original, patient);

describe('a replay by other code', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start();
  });

  afterAll(() => world?.stop());

  /** A run that did as the original version does until its last task, and is then given to another version. */
  async function replayedBy(version: ServedApp): Promise<{ result: Promise<unknown>; workflowId: string }> {
    const { first, handle } = await held();
    await first.close();
    gates.open(handle.workflowId);
    const second = await world.serve(version);
    const result = handle.result();
    await result.catch(() => undefined);
    await second.close();
    return { result, workflowId: handle.workflowId };
  }

  /** A run whose worker, of the original version, is in its last task. */
  async function held(): Promise<{ first: SpecWorker; handle: WorkflowHandle }> {
    const first = await world.serve(ORIGINAL);
    const handle = await world.client.start('Replay.Order');
    await expect
      .poll(async () => eventsOf(await handle.history(), 'task.started').at(-1)?.task, { timeout: 10_000 })
      .toBe('hold');
    return { first, handle };
  }

  /** What a run fails with that the version is given to; nothing was run again. */
  async function divergenceOf(version: ServedApp): Promise<string> {
    const { result, workflowId } = await replayedBy(version);
    const error = await rejectionOf(result);
    expect(error.cause).toMatchObject({ type: 'NonDeterminismError', code: 'NON_DETERMINISM' });
    expect(ranIn(workflowId)).toEqual(['charge 10', 'reserve lamp']);
    const history = await world.client.handle(workflowId).history();
    expect(history.slice(-2)).toMatchObject([
      { kind: 'step.failed', attempt: nthAttempt(2) },
      { kind: 'run.failed' },
    ]);
    return (error.cause as Error).message;
  }

  it('that does the same goes on where the run was, and runs no body again', async () => {
    const { result, workflowId } = await replayedBy(ORIGINAL);
    await expect(result).resolves.toMatchObject([10, expect.any(String), 'lamp', 'held']);
    expect(ranIn(workflowId)).toEqual(['charge 10', 'reserve lamp', 'hold held']);
    const history = await world.client.handle(workflowId).history();
    expect(eventsOf(history, 'uuid.recorded')).toHaveLength(1);
  });

  it('that does things in another order fails the run, and says what was recorded and what was asked', async () => {
    await expect(divergenceOf(REORDERED)).resolves.toContain(
      "Step start does not do what it did before. Operation 0: recorded is task charge(10), asked is task reserve('lamp').",
    );
  });

  it('that calls a task by another name fails the run', async () => {
    await expect(divergenceOf(RENAMED)).resolves.toContain(
      'Operation 0: recorded is task charge(10), asked is task chargeCard(10).',
    );
  });

  it('that passes other arguments fails the run', async () => {
    await expect(divergenceOf(DEARER)).resolves.toContain(
      'Operation 0: recorded is task charge(10), asked is task charge(11).',
    );
  });

  it('that lacks a task fails the run', async () => {
    await expect(divergenceOf(WITHOUT_RESERVING)).resolves.toContain(
      "Operation 2: recorded is task reserve('lamp'), asked is task hold().",
    );
  });

  it('that ends before it has done all that was recorded fails the run', async () => {
    await expect(divergenceOf(SHORTER)).resolves.toContain(
      "Operation 2: recorded is task reserve('lamp'), the step ended without it.",
    );
  });

  it('that asks for something else than a task fails the run', async () => {
    await expect(divergenceOf(ASKS_FOR_TIME)).resolves.toContain(
      'Operation 1: recorded is uuid(), asked is now().',
    );
  });

  it('waits, where the worker is told to, for a worker whose code does what was recorded', async () => {
    const { first, handle } = await held();
    await first.close();
    gates.open(handle.workflowId);
    const broken = await world.serve(PATIENT_DEARER);
    const retried = await vi.waitUntil(async () => {
      const events = eventsOf(await handle.history(), 'step.retried');
      return events.find(({ reason }) => reason.includes('recorded is'));
    }, PATIENCE);
    expect(retried?.reason).toContain('recorded is task charge(10), asked is task charge(11)');
    expect(retried?.attempt).toEqual(nthAttempt(2));
    expect(retried?.delayMs).toBe(500 * 2 ** ((retried?.attempt ?? 0) - 2));
    await expect(handle.describe()).resolves.toMatchObject({
      status: 'running',
      waitingFor: { kind: 'retry', step: 'start', until: expect.any(Date) as Date },
    });
    const fixed = await world.serve(PATIENT_ORIGINAL);
    await broken.close();
    await expect(handle.result()).resolves.toMatchObject([10, expect.any(String), 'lamp', 'held']);
    expect(ranIn(handle.workflowId)).toEqual(['charge 10', 'reserve lamp', 'hold held']);
    await fixed.close();
  });

  it('may do more after what was recorded', async () => {
    const { result, workflowId } = await replayedBy(LONGER);
    await expect(result).resolves.toMatchObject([[10, expect.any(String), 'lamp', 'held'], 5]);
    expect(ranIn(workflowId)).toEqual(['charge 10', 'reserve lamp', 'hold held', 'charge 5']);
  });
});
