import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  type Context,
  type Directive,
  Start,
  Step,
  type StepTimeoutError,
  Workflow,
} from '@ground-control/nestjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  nthAttempt,
  lostAttempts,
  PACE,
  toldByTheLiving,
  undisturbed,
} from '../support/at-least-once.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, PATIENCE, SpecWorld } from '../support/spec-world.fixture.js';

const DEAF_WORKER = new URL('../../../dist/test/fixtures/deaf-worker/main.js', import.meta.url).pathname;

/** Why the signal of each run's step aborted. */
const aborted = new Ledger<string>('aborted');
/** What a step that was taken away went on to do. */
const late = new Ledger<true>('late');

function untilAborted({ signal, run }: Context): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      aborted.note(run.workflowId, (signal.reason as StepTimeoutError).code);
      resolve();
    });
  });
}

@Workflow('Steps.Slow')
class SlowWorkflow {
  @Start({ timeout: 300 * PACE })
  async start(ctx: Context): Promise<Directive<string>> {
    await untilAborted(ctx);
    late.note(ctx.run.workflowId, true);
    return ctx.next.complete('too late');
  }
}

@Workflow('Steps.SlowOnce')
class SlowOnceWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<number>> {
    return ctx.next.step(this.work);
  }

  @Step({ timeout: 300 * PACE, retry: { maxAttempts: 2, initialDelay: 10 } })
  async work(ctx: Context): Promise<Directive<number>> {
    if (ctx.step.attempt === 1) await untilAborted(ctx);
    return ctx.next.complete(ctx.step.attempt);
  }
}

@Workflow('Steps.Quick')
class QuickWorkflow {
  @Start({ timeout: '10s' })
  async start(ctx: Context): Promise<Directive<number>> {
    const now = await ctx.now();
    return ctx.next.complete(ctx.step.deadline.getTime() - now.getTime());
  }
}

@Workflow('Steps.Unlimited')
class UnlimitedWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<Date>> {
    return ctx.next.complete(ctx.step.deadline);
  }
}

const APP = served([SlowWorkflow, SlowOnceWorkflow, QuickWorkflow, UnlimitedWorkflow]);

describe('a step with a timeout', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it('knows its deadline', async () => {
    const left = await world.client.run(QuickWorkflow);
    expect(left).toBeGreaterThan(5_000);
    expect(left).toBeLessThanOrEqual(10_000);
    await expect(world.client.run(UnlimitedWorkflow)).resolves.toEqual(new Date(8.64e15));
  });

  it('that is over it fails the run, and its signal aborts', async () => {
    const handle = await world.client.start(SlowWorkflow);
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'StepTimeoutError', code: 'STEP_TIMEOUT' },
    });
    await toldByTheLiving(async () => {
      await vi.waitUntil(() => late.of(handle.workflowId).length > 0, PATIENCE);
      expect(aborted.of(handle.workflowId)).toEqual(['STEP_TIMEOUT']);
    });
    const history = undisturbed(await handle.history());
    expect(history.slice(-2)).toMatchObject([
      { kind: 'step.timed_out', step: 'start', attempt: 1 },
      { kind: 'run.failed', error: { type: 'StepTimeoutError' } },
    ]);
  });

  it('is retried as its policy says, and what the first attempt returns late changes nothing', async () => {
    const handle = await world.client.start(SlowOnceWorkflow);
    await expect(handle.result()).resolves.toEqual(nthAttempt(2));
    const history = await handle.history();
    const slow = [1].filter((number) => !lostAttempts(history, 'work').includes(number));
    expect(eventsOf(history, 'step.timed_out')).toMatchObject(
      slow.map((number) => ({ step: 'work', attempt: number })),
    );
    expect(eventsOf(undisturbed(history), 'step.retried')).toMatchObject(
      slow.map(() => ({ step: 'work', delayMs: 10, reason: 'timed out' })),
    );
    await toldByTheLiving(() => vi.waitUntil(() => aborted.of(handle.workflowId).length > 0, PATIENCE));
    expect(eventsOf(await handle.history(), 'run.completed')).toHaveLength(1);
  });

  it('ends by it though its worker is deaf', async () => {
    const deaf = startDeafWorker(world);
    await world.registered('deaf');
    const isDeaf = once(deaf, 'message');
    const handle = await world.client.start('Deaf');
    await isDeaf;
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'StepTimeoutError' } });
    expect(deaf.exitCode ?? deaf.signalCode).toBeNull();
    deaf.kill('SIGKILL');
  });
});

/** A worker of another process, whose event loop its only workflow blocks. */
function startDeafWorker({ server }: SpecWorld): ChildProcess {
  return fork(DEAF_WORKER, {
    env: {
      ...process.env,
      GROUND_CONTROL_SERVERS: server.servers,
      GROUND_CONTROL_NAMESPACE: server.namespace,
    },
  });
}
