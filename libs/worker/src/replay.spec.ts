import { NonDeterminismError, type Operation } from '@ground-control/protocol';
import { type Context, type Directive, Start, Step, Task, Workflow } from '@ground-control/workflow';
import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServedWorkflow } from './served-workflow.js';
import { assignmentOf, completed, FakeLeader, resultOf, runnerOf, runStep, serve } from './worker.fixture.js';

const ran: string[] = [];
let failing = new Set<string>();

@Injectable()
class Tasks {
  @Task() async charge(name: string): Promise<string> {
    return this.body(`charge ${name}`);
  }
  @Task() async reserve(name: string): Promise<string> {
    return this.body(`reserve ${name}`);
  }
  private body(call: string): string {
    ran.push(call);
    if (failing.has(call)) throw new RangeError(call);
    return call;
  }
}

type Handler = (ctx: Context, tasks: Tasks) => unknown;
let handler: Handler = () => undefined;

@Workflow('Any')
class AnyWorkflow {
  constructor(private readonly tasks: Tasks) {}
  @Start() async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete(await handler(ctx, this.tasks));
  }
  @Step({ retry: { maxAttempts: 5, initialDelay: 1 } }) async retried(ctx: Context): Promise<Directive> {
    return ctx.next.complete(await handler(ctx, this.tasks));
  }
}

let workflows: Map<string, ServedWorkflow>;
beforeAll(async () => {
  workflows = await serve(AnyWorkflow, Tasks);
});
beforeEach(() => {
  ran.length = 0;
  failing = new Set();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What a handler records when its worker dies before its result. */
async function recordingOf(handle: Handler): Promise<Operation[]> {
  const leader = new FakeLeader();
  handler = handle;
  await runStep(workflows, leader, assignmentOf('Any'));
  ran.length = 0;
  return leader.operations;
}

async function replay(operations: Operation[], handle: Handler): Promise<unknown> {
  handler = handle;
  const leader = new FakeLeader([...operations]);
  return completed(await runStep(workflows, leader, assignmentOf('Any', { attempt: 2, operations })));
}

const both: Handler = async (_ctx, tasks) => [await tasks.charge('a'), await tasks.reserve('b')];

describe('a replay', () => {
  it('returns what was recorded and runs nothing again', async () => {
    const operations = await recordingOf(both);
    await expect(replay(operations, both)).resolves.toEqual(['charge a', 'reserve b']);
    expect(ran).toEqual([]);
  });

  it('returns the values that were drawn', async () => {
    const draw: Handler = async (ctx, tasks) => {
      const values = [await ctx.now(), await ctx.random(), await ctx.uuid4()];
      await tasks.charge(String(values));
      return values;
    };
    let drawn: unknown;
    const operations = await recordingOf(async (ctx, tasks) => {
      drawn = await draw(ctx, tasks);
      return drawn;
    });
    await expect(replay(operations, draw)).resolves.toEqual(drawn);
  });

  const changes: [string, Handler, RegExp][] = [
    [
      'another order',
      async (_ctx, tasks) => [await tasks.reserve('b'), await tasks.charge('a')],
      /Operation 0: recorded is task charge\('a'\), asked is task reserve\('b'\)/,
    ],
    [
      'another name',
      (_ctx, tasks) => tasks.reserve('a'),
      /recorded is task charge\('a'\), asked is task reserve\('a'\)/,
    ],
    [
      'other arguments',
      (_ctx, tasks) => tasks.charge('x'),
      /recorded is task charge\('a'\), asked is task charge\('x'\)/,
    ],
    ['another kind of call', (ctx) => ctx.now(), /recorded is task charge\('a'\), asked is now\(\)/],
    [
      'a task less',
      (_ctx, tasks) => tasks.charge('a'),
      /Operation 1: recorded is task reserve\('b'\), the step ended without it/,
    ],
    [
      'a task less, and another error caught',
      (_ctx, tasks) => tasks.charge('x').catch(() => 'caught'),
      /recorded is task charge\('a'\), asked is task charge\('x'\)/,
    ],
  ];
  it.each(changes)('that finds %s fails, says so, and runs nothing', async (_what, handle, message) => {
    const operations = await recordingOf(both);
    await expect(replay(operations, handle)).rejects.toThrow(NonDeterminismError);
    await expect(replay(operations, handle)).rejects.toThrow(message);
    expect(ran).toEqual([]);
  });

  it('that finds a concurrent task removed fails without hanging', async () => {
    const [slow, other, completedFirst] = await recordingOf((_ctx, tasks) =>
      Promise.all([tasks.charge('slow'), tasks.reserve('b')]),
    );
    // The worker died when only the other task was done.
    const operations = [slow, other, { ...completedFirst, op: 1 }] as Operation[];
    await expect(replay(operations, (_ctx, tasks) => tasks.charge('slow'))).rejects.toThrow(
      /recorded is task reserve\('b'\), the step ended without it/,
    );
  });

  it('that may wait for other code records nothing more and gives the step back', async () => {
    const [charge, , reserve] = await recordingOf(both);
    const operations = [charge, reserve] as Operation[];
    handler = (_ctx, tasks) => Promise.all([tasks.charge('a'), tasks.reserve('x')]);
    const leader = new FakeLeader([...operations]);
    const again = assignmentOf('Any', { attempt: 2, operations });
    const outcome = await runStep(workflows, leader, again, { waitsForOtherCode: true });
    expect(outcome).toMatchObject({ kind: 'released', retryInMs: 500 });
    expect(leader.operations).toEqual(operations);
  });

  it('of a handler that does I/O outside of tasks waits for its calls', async () => {
    const handle: Handler = async (_ctx, tasks) => {
      let asked = (): void => {};
      // The answer comes after the call of the other branch: which of the two is first is nothing that is recorded.
      const answer = new Promise<void>((resolve) => (asked = resolve)).then(() => delay(5));
      const reserveNext = (): Promise<string> => {
        const reserved = tasks.reserve('next');
        asked();
        return reserved;
      };
      return Promise.all([answer.then(() => tasks.charge('late')), tasks.reserve('early').then(reserveNext)]);
    };
    const operations = await recordingOf(handle);
    await expect(replay(operations, handle)).resolves.toEqual(['charge late', 'reserve next']);
    expect(ran).toEqual([]);
  });

  it('says nothing twice', async () => {
    const log = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    const handle: Handler = async (ctx, tasks) => {
      ctx.logger.log('before');
      await tasks.charge('a');
      ctx.logger.log('between');
      await tasks.reserve('b');
      ctx.logger.log('after');
    };
    const operations = await recordingOf(handle);
    expect(log.mock.calls.flat()).toEqual(['before', 'between', 'after']);
    log.mockClear();
    await replay(operations.slice(0, 2), handle);
    expect(log.mock.calls.flat()).toEqual(['between', 'after']);
  });

  it('waits only for what is left of a sleep', async () => {
    const operations = await recordingOf((ctx) => ctx.sleep(0));
    const slept = { ...operations[0], until: Date.now() + 30 } as Operation;
    const began = Date.now();
    await replay([slept], (ctx) => ctx.sleep('1h'));
    expect(Date.now() - began).toBeLessThan(2_000);
    await expect(replay(operations, (ctx) => ctx.sleep('1h'))).resolves.toBeUndefined();
  });
});

describe('a cancel that was requested', () => {
  const polite: Handler = async (ctx, tasks) => {
    const seen = [ctx.cancelRequested];
    await tasks.charge('1');
    seen.push(ctx.cancelRequested);
    if (ctx.cancelRequested) await tasks.reserve('clean up');
    return seen;
  };

  it('is seen in a replay where it was seen before, and nowhere else', async () => {
    handler = polite;
    const leader = new FakeLeader();
    const runner = runnerOf(workflows, leader);
    leader.answer = (request) => {
      const [key] = runner.held;
      if (request.kind === 'step.record' && key)
        runner.notice({ kind: 'step.cancel_requested', ...key, reason: '' });
      return undefined;
    };
    runner.accept(assignmentOf('Any'));
    expect(completed(await resultOf(leader))).toEqual([false, true]);
    const { operations } = leader;
    expect(operations.map((entry) => entry.kind)).toEqual([
      'task.started',
      'task.completed',
      'cancel.seen',
      'task.started',
      'task.completed',
    ]);
    ran.length = 0;
    for (const recorded of [operations, operations.slice(0, 4)]) {
      const again = assignmentOf('Any', { attempt: 2, operations: recorded, cancelRequested: true });
      const outcome = await runStep(workflows, new FakeLeader([...recorded]), again);
      expect(completed(outcome)).toEqual([false, true]);
    }
  });

  it('is seen from the beginning when the step starts after it', async () => {
    handler = (ctx) => ctx.cancelRequested;
    const outcome = await runStep(
      workflows,
      new FakeLeader(),
      assignmentOf('Any', { cancelRequested: true }),
    );
    expect(completed(outcome)).toBe(true);
  });
});

/** Runs the step with retries as the coordinator does; `crashed` cuts the operations before an attempt. */
async function runWithRetries(
  handle: Handler,
  attempts: number,
  beforeAttempt: (attempt: number, operations: Operation[]) => Operation[] = (_attempt, operations) =>
    operations,
): Promise<{ result: unknown; operations: Operation[] }> {
  handler = handle;
  let operations: Operation[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++) {
    operations = beforeAttempt(attempt, operations);
    const leader = new FakeLeader(operations);
    const step = { step: 'retried', handler: 'step' as const, attempt, failures: attempt - 1 };
    const outcome = await runStep(
      workflows,
      leader,
      assignmentOf('Any', { ...step, operations: [...operations] }),
    );
    if (outcome.kind !== 'failed') return { result: completed(outcome), operations };
    expect(outcome.retryInMs).toBeGreaterThan(0);
    operations.push({ kind: 'step.retried', op: -1, at: Date.now() });
  }
  throw new Error('failed to the last');
}

describe('a step that failed and is tried again', () => {
  it('keeps what completed and does again what failed', async () => {
    failing = new Set(['reserve b']);
    const { result } = await runWithRetries(both, 2, (attempt, operations) => {
      if (attempt === 2) failing.clear();
      return operations;
    });
    expect(result).toEqual(['charge a', 'reserve b']);
    expect(ran).toEqual(['charge a', 'reserve b', 'reserve b']);
  });

  it('may take another way after what it did again', async () => {
    failing = new Set(['reserve b']);
    const handle: Handler = async (_ctx, tasks) => {
      await tasks.charge('a');
      const isReserved = await tasks.reserve('b').then(
        () => true,
        () => false,
      );
      if (isReserved) return tasks.charge('c');
      await tasks.charge('refund');
      throw new Error('later');
    };
    const { result } = await runWithRetries(handle, 2, (attempt, operations) => {
      if (attempt === 2) failing.clear();
      return operations;
    });
    expect(result).toBe('charge c');
    expect(ran).toEqual(['charge a', 'reserve b', 'charge refund', 'reserve b', 'charge c']);
  });

  it('replays that other way after a crash on it', async () => {
    failing = new Set(['reserve b']);
    const handle: Handler = async (_ctx, tasks) => {
      const isReserved = await tasks.reserve('b').catch(() => undefined);
      if (isReserved) return [await tasks.charge('c'), await tasks.charge('d')];
      await tasks.charge('refund');
      await tasks.charge('apologize');
      throw new Error('later');
    };
    const { operations } = await runWithRetries(handle, 2, (attempt, recorded) => {
      if (attempt === 2) failing.clear();
      return recorded;
    });
    const marker = operations.findIndex((entry) => entry.kind === 'step.retried');
    for (let end = marker + 1; end <= operations.length; end++) {
      ran.length = 0;
      const recorded = operations.slice(0, end);
      const settled = recorded.slice(marker).filter((entry) => entry.kind === 'task.completed').length;
      const step = { step: 'retried', handler: 'step' as const, attempt: 3, failures: 1 };
      const outcome = await runStep(
        workflows,
        new FakeLeader([...recorded]),
        assignmentOf('Any', { ...step, operations: recorded }),
      );
      expect(completed(outcome)).toEqual(['charge c', 'charge d']);
      expect(ran).toHaveLength(3 - settled);
    }
  });

  it('counts the attempts of its tasks anew', async () => {
    let attempts = 0;
    const handle: Handler = async (_ctx, tasks) => {
      attempts += 1;
      if (attempts === 1) failing = new Set(['charge a']);
      else failing.clear();
      return tasks.charge('a');
    };
    const { operations } = await runWithRetries(handle, 2);
    expect(operations.map((entry) => entry.kind)).toEqual([
      'task.started',
      'task.failed',
      'step.retried',
      'task.started',
      'task.completed',
    ]);
  });
});
