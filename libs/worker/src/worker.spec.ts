import {
  type AnswerQuery,
  type AssignmentKey,
  type RegisterWorker,
  StoreReadOnlyError,
  type WorkerHeartbeat,
} from '@ground-control/protocol';
import {
  type Context,
  type Directive,
  OnQuery,
  type QueryContext,
  Start,
  Workflow,
} from '@ground-control/workflow';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServedWorkflow } from './served-workflow.js';
import { assignmentOf, noRuns, serve, values } from './worker.fixture.js';
import type { Body, LinkReplyHandler, LinkRequestOptions, WorkerLink } from './worker-link.js';
import { Worker } from './worker.js';

const contexts: Context[] = [];

@Workflow('Endless')
class Endless {
  @Start() async start(ctx: Context): Promise<Directive> {
    contexts.push(ctx);
    return new Promise(() => {});
  }
  @OnQuery() async count(ctx: QueryContext, by: number): Promise<number> {
    return ((await ctx.store.get('count')) as number) * by;
  }
  @OnQuery('write') async writes(ctx: QueryContext): Promise<void> {
    ctx.store.put('count', 0);
  }
}

/** The coordinators' side: what they are asked, and what they answer. */
class FakeCoordinator implements WorkerLink {
  readonly id = 'worker-1';
  readonly requests: Body[] = [];
  readonly replies: Body[] = [];
  lost: AssignmentKey[] = [];
  isAway = false;
  isClosed = false;
  knows = true;
  private listener: ((from: string, correlation: number, body: Body) => void) | undefined;
  private onAnnounced: ((body: Body) => void) | undefined;

  request(_to: unknown, body: Body, options: LinkRequestOptions = {}): Promise<Body> {
    this.requests.push(body);
    if (this.isClosed) return Promise.reject(new Error('the connection is closed'));
    if (this.isAway) return unanswered(options);
    if (body.kind === 'worker.heartbeat' && !this.knows) return Promise.resolve({ kind: 'worker.unknown' });
    this.knows = true;
    const welcome = { kind: 'worker.welcome', coordinatorId: 'c', leaseMs: 3_000, lost: this.lost };
    return Promise.resolve(welcome);
  }
  ask(to: unknown, body: Body, handler: LinkReplyHandler, options?: LinkRequestOptions): void {
    this.request(to, body, options).then(
      (reply) => handler.onReply(reply),
      (error: unknown) => handler.onFailure(error),
    );
  }
  reply(_peer: string, _correlation: number, body: Body): void {
    this.replies.push(body);
  }
  onRequest(listener: (from: string, correlation: number, body: Body) => void): void {
    this.listener = listener;
  }
  onAnnouncement(listener: (body: Body) => void): void {
    this.onAnnounced = listener;
  }
  say(body: Body, correlation = 1): void {
    this.listener?.('coordinator', correlation, body);
  }
  announce(): void {
    this.onAnnounced?.({ kind: 'leader.elected' });
  }
  of<T extends Body>(kind: T['kind']): T[] {
    return this.requests.filter((entry) => entry.kind === kind) as T[];
  }
}

function unanswered({ timeoutMs = 0, signal }: LinkRequestOptions): Promise<Body> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nobody answered')), timeoutMs);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

let workflows: Map<string, ServedWorkflow>;
let coordinator: FakeCoordinator;
let worker: Worker;

beforeAll(async () => {
  workflows = await serve(Endless);
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  vi.spyOn(Logger.prototype, 'log').mockReturnValue();
  contexts.length = 0;
  coordinator = new FakeCoordinator();
  worker = new Worker(workflows, {
    link: coordinator,
    values,
    runs: noRuns,
    options: { identity: 'me', concurrency: 7, shutdownTimeout: 0 },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const begin = async (): Promise<void> => {
  worker.start();
  await vi.advanceTimersByTimeAsync(0);
};

describe('a worker', () => {
  it('registers what it serves and how much', async () => {
    await begin();
    expect(coordinator.requests).toMatchObject([
      { kind: 'worker.register', workerId: 'worker-1', identity: 'me', capacity: 7, held: [] },
    ]);
    expect(coordinator.of<RegisterWorker>('worker.register')[0]?.definitions).toMatchObject([
      { type: 'Endless', handlers: [{ kind: 'start', name: 'start' }], queries: ['count', 'write'] },
    ]);
  });

  it('registers again and again until a coordinator is there', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    coordinator.isAway = true;
    await begin();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(coordinator.of('worker.register')).toHaveLength(3);
    coordinator.isAway = false;
    await vi.advanceTimersByTimeAsync(7_000);
    expect(coordinator.of('worker.heartbeat')).not.toHaveLength(0);
  });

  it('does not spin when its connection is closed for good', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    coordinator.isClosed = true;
    await begin();
    await vi.advanceTimersByTimeAsync(1_200);
    expect(coordinator.of('worker.register')).toHaveLength(3);
  });

  it('proves three times a lease that it lives, with what it holds', async () => {
    await begin();
    coordinator.say(assignmentOf('Endless'));
    await vi.advanceTimersByTimeAsync(3_000);
    const beats = coordinator.of<WorkerHeartbeat>('worker.heartbeat');
    expect(beats.map(({ held }) => held.length)).toEqual([1, 1, 1]);
    expect(coordinator.replies).toEqual([{ kind: 'assignment.accepted' }]);
  });

  it('registers anew when it is not known, and when a leader is elected, with what it holds', async () => {
    await begin();
    coordinator.say(assignmentOf('Endless'));
    coordinator.knows = false;
    await vi.advanceTimersByTimeAsync(1_000);
    coordinator.announce();
    await vi.advanceTimersByTimeAsync(0);
    const registrations = coordinator.of<RegisterWorker>('worker.register');
    expect(registrations.map(({ held }) => held.length)).toEqual([0, 1, 1]);
  });

  it('stops what it lost', async () => {
    await begin();
    coordinator.say(assignmentOf('Endless'));
    coordinator.lost = [{ partition: 0, runId: 'run-1', stepSeq: 1, attempt: 1 }];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(contexts[0]?.signal.aborted).toBe(true);
  });

  it('stops all that it holds when nobody answers for a lease', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await begin();
    coordinator.say(assignmentOf('Endless'));
    coordinator.isAway = true;
    await vi.advanceTimersByTimeAsync(2_999);
    expect(contexts[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(contexts[0]?.signal.aborted).toBe(true);
    expect(warn.mock.calls.flat().join()).toContain(
      'No coordinator answered for 3000 ms: 1 steps are stopped.',
    );
  });

  it('says what ran when its event loop was blocked', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await begin();
    coordinator.say(assignmentOf('Endless'));
    const blocked = performance.now() + 2_500;
    vi.spyOn(performance, 'now').mockReturnValue(blocked);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(warn.mock.calls.flat().join()).toMatch(
      /blocked for 1500 ms of a lease of 3000 ms\. Running: start of run run-1/,
    );
  });

  it('gives back what runs and leaves when it stops', async () => {
    await begin();
    coordinator.say(assignmentOf('Endless'));
    const stopped = worker.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    await stopped;
    expect(coordinator.requests.slice(-2)).toMatchObject([
      { kind: 'step.result', outcome: { kind: 'released' } },
      { kind: 'worker.leave', workerId: 'worker-1' },
    ]);
  });

  it('tells a cancel to the step', async () => {
    await begin();
    coordinator.say(assignmentOf('Endless'));
    expect(contexts[0]?.cancelRequested).toBe(false);
    const key = { partition: 0, runId: 'run-1', stepSeq: 1, attempt: 1 };
    coordinator.say({ kind: 'step.cancel_requested', ...key }, 0);
    expect(contexts[0]?.cancelRequested).toBe(true);
  });

  it('refuses what it does not understand, and goes on', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await begin();
    coordinator.say({ kind: 'nonsense' });
    coordinator.say({ kind: 'nonsense' }, 0);
    expect(coordinator.replies).toMatchObject([{ kind: 'error', code: 'MALFORMED_MESSAGE' }]);
  });
});

describe('a query', () => {
  const ask = async (query: string, args?: unknown): Promise<unknown> => {
    await begin();
    const { run } = assignmentOf('Endless');
    if (!run) throw new Error('no run');
    const store: [string, Uint8Array][] = [['count', values.encode(21, 'count') ?? new Uint8Array()]];
    const request: AnswerQuery = {
      kind: 'query.answer',
      runId: 'run-1',
      run: { ...run, store },
      query,
      args: values.encode(args, 'args'),
    };
    coordinator.say(request);
    await vi.advanceTimersByTimeAsync(0);
    return coordinator.replies.at(-1);
  };

  it('is answered from the store that came with it', async () => {
    const reply = (await ask('count', 2)) as { kind: string; result: Uint8Array };
    expect(reply.kind).toBe('query.answered');
    expect(values.decode(reply.result)).toBe(42);
  });

  it('cannot write', async () => {
    expect(await ask('write')).toMatchObject({
      kind: 'error',
      code: 'QUERY_FAILED',
      failure: { type: StoreReadOnlyError.name, code: 'STORE_READ_ONLY' },
    });
  });

  it('that is unknown is refused by name', async () => {
    expect(await ask('nothing')).toMatchObject({ kind: 'error', code: 'UNKNOWN_QUERY' });
  });
});
