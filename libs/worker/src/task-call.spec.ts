import {
  InvalidInputError,
  type Operation,
  type OperationKind,
  PayloadTooLargeError,
  StepAbortedError,
  TaskFailedError,
  TaskTimeoutError,
  ValueCodec,
} from '@ground-control/protocol';
import { type Context, type Directive, Start, Task, TaskContext, Workflow } from '@ground-control/workflow';
import { Injectable } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Deferred, deferred } from './deferred.js';
import { registerErrorClass } from './error-classes.js';
import type { ServedWorkflow } from './served-workflow.js';
import {
  assignmentOf,
  completed,
  FakeLeader,
  failures,
  runnerOf,
  runStep,
  serve,
  values,
} from './worker.fixture.js';

class CardDeclinedError extends Error {
  constructor(
    readonly orderId: string,
    readonly reason: Map<string, number>,
  ) {
    super(`The card for ${orderId} was declined.`);
  }
}
class NeverSeenError extends Error {}

let body: (...args: unknown[]) => unknown = () => undefined;
let bodies = 0;

@Injectable()
class Tasks {
  @Task() async plain(...args: unknown[]): Promise<unknown> {
    bodies += 1;
    return body(...args);
  }
  @Task({ retry: { maxAttempts: 3, initialDelay: 1, nonRetryableErrors: [CardDeclinedError] }, timeout: 20 })
  async careful(...args: unknown[]): Promise<unknown> {
    bodies += 1;
    return body(...args);
  }
  @Task() async outer(): Promise<unknown> {
    return this.plain('inner');
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
}

let workflows: Map<string, ServedWorkflow>;
beforeAll(async () => {
  workflows = await serve(AnyWorkflow, Tasks);
});
beforeEach(() => {
  bodies = 0;
  body = () => undefined;
});

/** Runs a handler in one attempt, after what the leader has recorded. */
async function run(handle: Handler, leader: FakeLeader = new FakeLeader(), attempt = 1): Promise<unknown> {
  handler = handle;
  const operations = [...leader.operations];
  return completed(await runStep(workflows, leader, assignmentOf('Any', { attempt, operations })));
}

const kinds = (leader: FakeLeader): OperationKind[] => leader.operations.map((entry) => entry.kind);

describe('a task', () => {
  it('is recorded with its arguments, its result and how long it took', async () => {
    body = (amount) => ({ paid: amount });
    const leader = new FakeLeader();
    expect(await run((_ctx, tasks) => tasks.plain(5, new Date(0)), leader)).toEqual({ paid: 5 });
    const [started, done] = leader.operations as [
      Extract<Operation, { kind: 'task.started' }>,
      Extract<Operation, { kind: 'task.completed' }>,
    ];
    expect(started).toMatchObject({ kind: 'task.started', op: 0, task: 'plain' });
    expect(values.decode(started.args)).toEqual([5, new Date(0)]);
    expect(done).toMatchObject({ kind: 'task.completed', op: 0, durationMs: expect.any(Number) as number });
    expect(values.decode(done.result)).toEqual({ paid: 5 });
  });

  it('returns what a replay would, also where its body gave an instance', async () => {
    class Money {
      constructor(readonly amount: number) {}
    }
    body = () => new Money(5);
    const isMoney = await run(async (_ctx, tasks) => (await tasks.plain()) instanceof Money);
    expect(isMoney).toBe(false);
  });

  it('within another task is a part of that', async () => {
    body = () => 'done';
    const leader = new FakeLeader();
    await expect(run((_ctx, tasks) => tasks.outer(), leader)).resolves.toBe('done');
    expect(kinds(leader)).toEqual(['task.started', 'task.completed']);
  });

  it('is given its attempt, its key, its run and its step', async () => {
    const seen: unknown[] = [];
    body = () => {
      const { attempt, idempotencyKey, run: its, step } = TaskContext.current();
      seen.push([attempt, idempotencyKey, its.workflowId, step.name]);
      if (attempt < 2) throw new Error('again');
    };
    await run((_ctx, tasks) => tasks.careful());
    expect(seen).toEqual([
      [1, 'run-1.1.0', 'order-1', 'start'],
      [2, 'run-1.1.0', 'order-1', 'start'],
    ]);
  });

  it('does not start before the values that were drawn before are durable', async () => {
    const leader = new FakeLeader();
    body = () => kinds(leader);
    const seen = await run(async (ctx, tasks) => {
      const now = await ctx.now();
      return tasks.plain(now);
    }, leader);
    expect(seen).toEqual(['now.recorded', 'task.started']);
  });

  it('returns only when its result is durable', async () => {
    const leader = new FakeLeader();
    let isRecorded = false;
    leader.answer = () => {
      isRecorded = true;
      return undefined;
    };
    await expect(run(async (_ctx, tasks) => [await tasks.plain(), isRecorded], leader)).resolves.toEqual([
      undefined,
      true,
    ]);
  });

  it('that is not awaited is cancelled and recorded as that', async () => {
    let signal: AbortSignal | undefined;
    body = () => {
      ({ signal } = TaskContext.current());
      return new Promise(() => {});
    };
    const leader = new FakeLeader();
    await run((_ctx, tasks) => void tasks.plain(), leader);
    expect(leader.traffic).toEqual(['step.result task.started task.cancelled']);
    expect(signal?.reason).toBeInstanceOf(StepAbortedError);
  });

  it('that takes long is told of while it runs', async () => {
    const leader = new FakeLeader();
    body = () =>
      vi.waitUntil(() => leader.requests.length > 0, { timeout: 2_000, interval: 5 }).then(() => 1);
    await run((_ctx, tasks) => tasks.plain(), leader);
    expect(leader.traffic).toEqual(['step.record task.started', 'step.record task.completed', 'step.result']);
  });

  it('of one turn share a request', async () => {
    const leader = new FakeLeader();
    await run((_ctx, tasks) => Promise.all([tasks.plain(1), tasks.plain(2)]), leader);
    expect(leader.traffic).toEqual([
      'step.record task.started task.started task.completed task.completed',
      'step.result',
    ]);
  });

  it('gets the error of a record that is refused', async () => {
    const leader = new FakeLeader();
    leader.answer = (request) =>
      request.kind === 'step.record' && leader.requests.length === 1
        ? ({ kind: 'error', code: 'PAYLOAD_TOO_LARGE', message: 'too large' } as { kind: string })
        : undefined;
    const caught = await run(async (_ctx, tasks) => {
      const error: unknown = await tasks.plain(1).catch((thrown: unknown) => thrown);
      return [error instanceof PayloadTooLargeError, await tasks.plain(2)];
    }, leader);
    expect(caught).toEqual([true, undefined]);
    expect(leader.operations.map((entry) => entry.op)).toEqual([1, 1]);
  });

  it('passes on an error about its arguments', async () => {
    await expect(run((_ctx, tasks) => tasks.plain({ callback: () => 1 }))).rejects.toThrow(
      /arguments of task plain\[0\]\.callback is a function/,
    );
    expect(bodies).toBe(0);
  });

  it('compares arguments under encryption, and shows none of them', async () => {
    let nonce = 0;
    const codec = new ValueCodec({
      encode: (plain) => new Uint8Array([++nonce, ...plain.map((byte) => byte ^ nonce)]),
      decode: ([key = 0, ...bytes]) => new Uint8Array(bytes).map((byte) => byte ^ key),
    });
    const leader = new FakeLeader();
    handler = async (_ctx, tasks) => void (await tasks.plain('secret'));
    await runStep(workflows, leader, assignmentOf('Any'), { codec });
    const again = new FakeLeader(leader.operations.slice());
    await runStep(workflows, again, assignmentOf('Any', { attempt: 2, operations: leader.operations }), {
      codec,
    });
    expect(again.results[0]?.outcome.kind).toBe('directive');
    expect(bodies).toBe(1);
    expect(Buffer.from(JSON.stringify(leader.operations)).toString()).not.toContain('secret');
  });
});

describe('a task that fails', () => {
  it('is tried again, each attempt recorded, and then throws the error that its body threw', async () => {
    const leader = new FakeLeader();
    const outOfRange = new RangeError('out');
    body = () => {
      throw outOfRange;
    };
    const caught = await run(async (_ctx, tasks) => {
      const error: unknown = await tasks.careful().catch((thrown: unknown) => thrown);
      return error === outOfRange;
    }, leader);
    expect(caught).toBe(true);
    expect(kinds(leader)).toEqual([
      'task.started',
      'task.attempt_failed',
      'task.attempt_failed',
      'task.failed',
    ]);
    expect(bodies).toBe(3);
  });

  it('is not tried again for an error that its policy excludes, or a result that cannot be encoded', async () => {
    body = () => {
      throw new CardDeclinedError('o-1', new Map());
    };
    await expect(run((_ctx, tasks) => tasks.careful())).rejects.toThrow(CardDeclinedError);
    body = () => ({ callback: () => 1 });
    await expect(run((_ctx, tasks) => tasks.careful())).rejects.toThrow(/result of task careful\.callback/);
    expect(bodies).toBe(2);
  });

  it('by its timeout has its signal aborted and is tried again', async () => {
    const signals: AbortSignal[] = [];
    body = () => {
      const { attempt, signal } = TaskContext.current();
      signals.push(signal);
      return attempt === 1 ? new Promise(() => {}) : 'second';
    };
    await expect(run((_ctx, tasks) => tasks.careful())).resolves.toBe('second');
    expect(signals.map((signal) => signal.reason as unknown)).toEqual([
      expect.any(TaskTimeoutError),
      undefined,
    ]);
  });

  it('goes on at the next attempt after a crash between attempts', async () => {
    const first = new FakeLeader();
    first.fate = (request) => (request === 0 ? 'reply lost' : 'request lost');
    body = () => {
      throw new Error('no');
    };
    handler = (_ctx, tasks) => tasks.careful();
    const runner = runnerOf(workflows, first);
    runner.accept(assignmentOf('Any'));
    await vi.waitUntil(() => first.requests.length > 0, { interval: 1 });
    runner.lose(runner.held, 'crash');
    const attempts: number[] = [];
    body = () => void attempts.push(TaskContext.current().attempt);
    const second = new FakeLeader(first.operations);
    await run((_ctx, tasks) => tasks.careful(), second, 2);
    expect(kinds(second)).toEqual(['task.started', 'task.attempt_failed', 'task.completed']);
    expect(attempts).toEqual([2]);
  });

  it('throws in a replay an error of the same class with its fields, when the class is known', async () => {
    const leader = new FakeLeader();
    body = () => {
      throw new CardDeclinedError('o-1', new Map([['code', 51]]));
    };
    const describeError: Handler = async (_ctx, tasks) => {
      const error: unknown = await tasks.plain().catch((thrown: unknown) => thrown);
      if (!(error instanceof CardDeclinedError)) return error;
      return [error.message, error.orderId, error.reason, error.name, typeof error.stack];
    };
    const live = await run(describeError, leader);
    const replayed = await run(describeError, new FakeLeader(leader.operations.slice(0, 2)), 2);
    expect(replayed).toEqual(live);
    expect(live).toEqual([
      'The card for o-1 was declined.',
      'o-1',
      new Map([['code', 51]]),
      'Error',
      'string',
    ]);
    expect(bodies).toBe(1);
  });

  it('throws in a replay a built-in error, or one of ours, as what it was', async () => {
    for (const error of [new TypeError('a'), new InvalidInputError('b', { details: { field: 'c' } })]) {
      const copy = failures.decode(failures.encode(error));
      expect(copy).toBeInstanceOf(error.constructor);
      expect(copy).toMatchObject({ message: error.message, name: error.name });
      expect((copy as InvalidInputError).details).toEqual((error as InvalidInputError).details);
    }
  });

  it('throws in a replay a TaskFailedError with the type when its class is not known, until it is', () => {
    const failure = { ...failures.encode(new Error('gone')), type: 'NeverSeenError', name: undefined };
    expect(failures.decode(failure)).toMatchObject({ type: 'NeverSeenError', message: 'gone' });
    expect(failures.decode(failure)).toBeInstanceOf(TaskFailedError);
    registerErrorClass(NeverSeenError);
    expect(failures.decode(failure)).toBeInstanceOf(NeverSeenError);
  });

  it('without anybody who awaits it does not end the process', async () => {
    body = () => {
      throw new Error('nobody cares');
    };
    const wait: Deferred<void> = deferred();
    const done = run(async (_ctx, tasks) => {
      void tasks.plain('ignored');
      await tasks.plain('awaited').catch(() => wait.resolve());
      await wait.promise;
    });
    await expect(done).resolves.toBeUndefined();
  });
});
