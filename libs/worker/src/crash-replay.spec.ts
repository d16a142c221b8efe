import type { Operation } from '@ground-control/protocol';
import { type Context, type Directive, Start, Task, TaskContext, Workflow } from '@ground-control/workflow';
import { Injectable } from '@nestjs/common';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServedWorkflow } from './served-workflow.js';
import { assignmentOf, completed, FakeLeader, type Fate, runnerOf, serve, values } from './worker.fixture.js';

/** How often each body ran, by its arguments; and the key that it was handed. */
const ran = new Map<string, string[]>();
/** How long each body takes, in turns of the event loop. */
let turnsOf: (name: string) => number = () => 1;

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

@Injectable()
class Tasks {
  @Task() async work(name: string, seen?: unknown): Promise<string> {
    await this.body(name);
    return `${name}(${JSON.stringify(seen)})`;
  }

  @Task() async fail(name: string): Promise<string> {
    await this.body(name);
    throw new TypeError(`${name} failed`);
  }

  @Task({ retry: { maxAttempts: 3, initialDelay: 2 } }) async flaky(name: string): Promise<number> {
    await this.body(name);
    const { attempt } = TaskContext.current();
    if (attempt < 3) throw new Error(`attempt ${attempt}`);
    return attempt;
  }

  private async body(name: string): Promise<void> {
    ran.set(name, [...(ran.get(name) ?? []), TaskContext.current().idempotencyKey]);
    for (let turns = turnsOf(name); turns > 0; turns--) await turn();
  }
}

@Workflow('Sequence')
class Sequence {
  constructor(private readonly tasks: Tasks) {}
  @Start() async start(ctx: Context): Promise<Directive> {
    const seen = (await ctx.now()).getTime();
    const one = await this.tasks.work('one', seen);
    const id = await ctx.uuid4();
    await ctx.sleep(2);
    const two = await this.tasks.work('two', id);
    const three = await this.tasks.flaky('three');
    ctx.store.put('two', two);
    return ctx.next.complete([one === `one(${seen})`, two === `two(${JSON.stringify(id)})`, three]);
  }
}

@Workflow('Branches')
class Branches {
  constructor(private readonly tasks: Tasks) {}
  @Start() async start(ctx: Context): Promise<Directive> {
    const results = await Promise.all(['x', 'y', 'z'].map((name) => this.branch(ctx, name)));
    return ctx.next.complete(results);
  }
  /** Which calls it makes under which numbers depends on the order in which the branches get their outcomes. */
  private async branch(ctx: Context, name: string): Promise<boolean> {
    await this.tasks.work(name);
    const drawn = await ctx.random();
    const nested = async (): Promise<string> => this.tasks.work(`${name}+`, drawn);
    const [result] = await Promise.all([nested(), ctx.uuid4().then((id) => this.tasks.work(`${name}#`, id))]);
    return result === `${name}+(${drawn})`;
  }
}

@Workflow('Settled')
class Settled {
  constructor(private readonly tasks: Tasks) {}
  @Start() async start(ctx: Context): Promise<Directive> {
    const settled = await Promise.allSettled([this.tasks.fail('bad'), this.tasks.work('good'), ctx.sleep(1)]);
    const [bad] = settled;
    const isTypeError = bad?.status === 'rejected' && bad.reason instanceof TypeError && bad.reason.message;
    const after = await this.tasks.work(
      'after',
      settled.map(({ status }) => status),
    );
    return ctx.next.complete([isTypeError, after]);
  }
}

@Workflow('Race')
class Race {
  constructor(private readonly tasks: Tasks) {}
  @Start() async start(ctx: Context): Promise<Directive> {
    const first = await Promise.race(['a', 'b', 'c'].map((name) => this.tasks.work(name)));
    const after = await this.tasks.work('after', first);
    return ctx.next.complete(after === `after(${JSON.stringify(first)})`);
  }
}

const expected: Record<string, unknown> = {
  Sequence: [true, true, 3],
  Branches: [true, true, true],
  Settled: ['bad failed', 'after(["rejected","fulfilled","fulfilled"])'],
  Race: true,
};

let workflows: Map<string, ServedWorkflow>;
beforeAll(async () => {
  workflows = await serve(Sequence, Branches, Settled, Race, Tasks);
});
beforeEach(() => {
  ran.clear();
  turnsOf = () => 1;
});

/** Where an attempt's worker dies: at which of its requests, and whether that still arrived. */
interface Crash {
  request: number;
  fate: Exclude<Fate, 'answered'>;
}

/** Runs the start of a workflow; each crash ends an attempt, and the next one goes on with what was recorded. */
async function runThroughCrashes(type: string, crashes: Crash[]): Promise<FakeLeader> {
  let operations: Operation[] = [];
  for (const [index, crash] of [...crashes, undefined].entries()) {
    const leader = new FakeLeader(operations);
    if (crash) leader.fate = dieAt(crash);
    const before = completedTasks(operations);
    const runs = runsOf(before);
    const runner = runnerOf(workflows, leader);
    runner.accept(assignmentOf(type, { attempt: index + 1, operations: [...operations] }));
    await vi.waitUntil(() => leader.results.length > 0 || isDead(leader, crash), {
      interval: 0,
      timeout: 5_000,
    });
    runner.lose(runner.held, 'the worker died');
    await turn();
    expect(runsOf(before), 'a completed task is not run again').toEqual(runs);
    operations = leader.operations;
    if (leader.results.length > 0) return leader;
  }
  throw new Error('The last attempt ended without a result.');
}

function dieAt(crash: Crash): (request: number) => Fate {
  return (request) => {
    if (request < crash.request) return 'answered';
    return request === crash.request ? crash.fate : 'request lost';
  };
}

function isDead(leader: FakeLeader, crash: Crash | undefined): boolean {
  return crash !== undefined && leader.requests.length > crash.request;
}

/** The first argument of each task that is recorded as settled. */
function completedTasks(operations: Operation[]): string[] {
  const names = new Map<number, string>();
  const settled: string[] = [];
  for (const operation of operations) {
    if (operation.kind === 'task.started')
      names.set(operation.op, String((values.decode(operation.args) as unknown[])[0]));
    if (operation.kind === 'task.completed' || operation.kind === 'task.failed') {
      settled.push(names.get(operation.op) ?? '?');
    }
  }
  return settled;
}

function runsOf(names: string[]): number[] {
  return names.map((name) => ran.get(name)?.length ?? 0);
}

function outcomeOf(leader: FakeLeader): unknown {
  const [result] = leader.results;
  return result && completed(result.outcome);
}

describe.each(Object.keys(expected))('a crash of the worker of %s', (type) => {
  it('at any request, before or after it was recorded, changes nothing', async () => {
    const undisturbed = await runThroughCrashes(type, []);
    expect(outcomeOf(undisturbed)).toEqual(expected[type]);
    for (const request of undisturbed.requests.keys()) {
      for (const fate of ['request lost', 'reply lost'] as const) {
        ran.clear();
        const leader = await runThroughCrashes(type, [{ request, fate }]);
        expect(outcomeOf(leader)).toEqual(expected[type]);
      }
    }
  });

  it('again and again, with tasks that take any time, changes nothing', async () => {
    const crash = fc.record({
      request: fc.nat({ max: 5 }),
      fate: fc.constantFrom('request lost' as const, 'reply lost' as const),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(crash, { maxLength: 4 }),
        fc.infiniteStream(fc.nat({ max: 4 })),
        async (crashes, turns) => {
          ran.clear();
          turnsOf = () => turns.next().value ?? 1;
          const leader = await runThroughCrashes(type, crashes);
          expect(outcomeOf(leader)).toEqual(expected[type]);
          for (const keys of ran.values()) expect(new Set(keys).size, 'one key a call').toBe(1);
        },
      ),
      { numRuns: 60 },
    );
  });
});
