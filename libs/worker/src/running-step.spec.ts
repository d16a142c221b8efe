import {
  InvalidInputError,
  InvalidWorkflowError,
  type Operation,
  type StepOutcome,
  StoreKeyNotFoundError,
} from '@ground-control/protocol';
import { type Context, type Directive, Start, Step, Task, Workflow } from '@ground-control/workflow';
import { Injectable } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ServedWorkflow } from './served-workflow.js';
import {
  assignmentOf,
  completed,
  FakeLeader,
  resultOf,
  runnerOf,
  runStart,
  runStep,
  serve,
  values,
} from './worker.fixture.js';

class Address {
  @IsString() street!: string;
  @IsInt() number!: number;
}

@Injectable()
class Tasks {
  @Task() async charge(orderId: string, amount: number): Promise<string> {
    return `${orderId}:${amount}`;
  }
  @Task() async circular(): Promise<unknown> {
    const value: Record<string, unknown> = {};
    value['self'] = value;
    return value;
  }
}

@Workflow('Order')
class OrderWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start() async start(ctx: Context, input: { id: string; amount: number }): Promise<Directive> {
    ctx.store.put('id', input.id);
    ctx.store.put('payment', await this.tasks.charge(input.id, input.amount));
    ctx.store.delete('draft');
    return ctx.next.step(this.ship, { fast: true }, { delay: '2s' });
  }

  @Step() async ship(ctx: Context): Promise<Directive> {
    const { run, step, store } = ctx;
    return ctx.next.complete({
      run: { id: run.id, workflowId: run.workflowId, startedAt: run.startedAt, status: run.status },
      step: { ...step },
      payment: await store.get('payment'),
      keys: await store.keys(),
    });
  }

  @Step() async values(ctx: Context): Promise<Directive> {
    const [now, random, uuid] = [await ctx.now(), await ctx.random(), await ctx.uuid4()];
    return ctx.next.complete({ now, random, uuid });
  }

  @Step() async stores(ctx: Context): Promise<Directive> {
    const { store } = ctx;
    store.put('own', new Map([['a', 1]]));
    store.put('nothing', undefined);
    store.delete('old');
    return ctx.next.complete({
      own: await store.get('own'),
      has: [await store.has('own'), await store.has('old'), await store.has('nothing')],
      found: await store.find('old'),
      address: await store.get('address', Address),
      isAddress: (await store.get('address', Address)) instanceof Address,
    });
  }

  @Step() async missing(ctx: Context): Promise<Directive> {
    return ctx.next.complete(await ctx.store.get('nowhere'));
  }
  @Step() async badAddress(ctx: Context): Promise<Directive> {
    ctx.store.put('address', { street: 5, number: 1.5 });
    return ctx.next.complete(await ctx.store.get('address', Address));
  }
  @Step() async badValue(ctx: Context): Promise<Directive> {
    ctx.store.put('f', { list: [() => 1] });
    return ctx.next.complete();
  }
  @Step() async badResult(ctx: Context): Promise<Directive> {
    return ctx.next.complete(await this.tasks.circular());
  }
  @Step() async tooMuch(ctx: Context): Promise<Directive> {
    for (;;) await ctx.random();
  }
  @Step() async nothing(): Promise<void> {}
  @Step({ retry: { maxAttempts: 3, initialDelay: '1s', nonRetryableErrors: [RangeError] } })
  async throws(_ctx: Context, what: string): Promise<Directive> {
    throw what === 'range' ? new RangeError('out') : new TypeError('wrong');
  }
  @Step() async fails(ctx: Context): Promise<Directive> {
    return ctx.next.fail({ type: 'Declined', message: 'no money', details: { code: 51 } });
  }
  @Step({ retry: { maxAttempts: 3 } }) async address(ctx: Context, address: Address): Promise<Directive> {
    return ctx.next.complete(address instanceof Address && address.number);
  }
}

let workflows: Map<string, ServedWorkflow>;
beforeAll(async () => {
  workflows = await serve(OrderWorkflow, Tasks);
});

function runNamed(step: string, input?: unknown, store: Record<string, unknown> = {}): Promise<StepOutcome> {
  const { run } = assignmentOf('Order');
  const saved = Object.entries(store).map(([key, value]): [string, Uint8Array] => [
    key,
    values.encode(value, key) ?? new Uint8Array(),
  ]);
  const assignment = assignmentOf('Order', {
    step,
    handler: 'step',
    input: values.encode(input, 'input'),
    ...(run && { run: { ...run, store: saved } }),
  });
  return runStep(workflows, new FakeLeader(), assignment);
}

const ended = async (...args: Parameters<typeof runNamed>): Promise<unknown> =>
  completed(await runNamed(...args));

describe('a step', () => {
  it('runs its tasks and reports its directive with the store updates', async () => {
    const leader = new FakeLeader();
    const input = values.encode({ id: 'o-1', amount: 5 }, 'input');
    const outcome = await runStep(workflows, leader, assignmentOf('Order', { input }));
    if (outcome.kind !== 'directive') throw new Error('no directive');
    const { directive, updates } = outcome;
    expect(directive).toMatchObject({ kind: 'step', step: 'ship', delayMs: 2_000 });
    expect(updates.map(([key, value]) => [key, value && values.decode(value)])).toEqual([
      ['id', 'o-1'],
      ['payment', 'o-1:5'],
      ['draft', null],
    ]);
  });

  it('with one task costs two requests', async () => {
    const leader = new FakeLeader();
    await runStep(
      workflows,
      leader,
      assignmentOf('Order', { input: values.encode({ id: 'o-1', amount: 5 }, 'input') }),
    );
    expect(leader.traffic).toEqual(['step.record task.started task.completed', 'step.result']);
  });

  it('records values with its result', async () => {
    const leader = new FakeLeader();
    const assignment = assignmentOf('Order', { step: 'values', handler: 'step' });
    const { now, random, uuid } = completed(await runStep(workflows, leader, assignment)) as {
      now: Date;
      random: number;
      uuid: string;
    };
    expect(leader.traffic).toEqual(['step.result now.recorded random.recorded uuid.recorded']);
    expect(leader.operations.map((entry) => (entry as Extract<Operation, { value: unknown }>).value)).toEqual(
      [now.getTime(), random, uuid],
    );
  });

  it('knows its run, itself and what was saved before', async () => {
    const result = await ended('ship', undefined, { payment: 'p-1', id: 'o-1' });
    expect(result).toMatchObject({
      run: { id: 'run-1', workflowId: 'order-1', startedAt: new Date(1_700_000_000_000), status: 'running' },
      step: { name: 'ship', attempt: 1 },
      payment: 'p-1',
      keys: ['payment', 'id'],
    });
  });

  it('sees its own writes to the store', async () => {
    const result = await ended('stores', undefined, { old: 1, address: { street: 'Main', number: 5 } });
    expect(result).toEqual({
      own: new Map([['a', 1]]),
      has: [true, false, true],
      found: undefined,
      address: { street: 'Main', number: 5 },
      isAddress: true,
    });
  });

  it('gets a named error for a key that is missing, or a value that does not pass its class', async () => {
    await expect(ended('missing')).rejects.toThrow(StoreKeyNotFoundError);
    await expect(ended('badAddress')).rejects.toThrow(InvalidInputError);
  });

  it('cannot save or return what cannot be encoded', async () => {
    await expect(ended('badValue')).rejects.toThrow(/store value f\.list\[0\] is a function/);
    await expect(ended('badResult')).rejects.toThrow(/result of task circular\.self refers back/);
  });

  it('can make only so many calls', async () => {
    await expect(ended('tooMuch')).rejects.toThrow(/Step tooMuch made 20000 calls, which is the limit/);
  });

  it('must return a directive', async () => {
    await expect(ended('nothing')).rejects.toThrow(InvalidWorkflowError);
    await expect(ended('nothing')).rejects.toThrow(/OrderWorkflow\.nothing returned nothing/);
  });

  it('that throws is tried again as its policy says', async () => {
    const retried = await runNamed('throws', 'type');
    const last = await runStep(
      workflows,
      new FakeLeader(),
      assignmentOf('Order', { step: 'throws', handler: 'step', failures: 2, attempt: 3 }),
    );
    expect(retried).toMatchObject({
      kind: 'failed',
      error: { type: 'TypeError', message: 'wrong' },
      retryInMs: 1_000,
    });
    expect(await runNamed('throws', 'range')).toMatchObject({ kind: 'failed', retryInMs: undefined });
    expect(last).toMatchObject({ kind: 'failed', retryInMs: undefined });
  });

  it('may fail its run with an error given as data', async () => {
    const outcome = await runNamed('fails');
    if (outcome.kind !== 'directive' || outcome.directive.kind !== 'fail') throw new Error('not failed');
    const { details, ...error } = outcome.directive.error;
    expect(error).toEqual({ type: 'Declined', message: 'no money' });
    expect(values.decode(details)).toEqual({ code: 51 });
  });

  it('gets its input as an instance of the declared class, or fails once and for all', async () => {
    expect(await ended('address', { street: 'Main', number: 5 })).toBe(5);
    const outcome = await runNamed('address', { street: 'Main', number: 'five' });
    expect(outcome).toMatchObject({ kind: 'failed', retryInMs: undefined, error: { code: 'INVALID_INPUT' } });
    if (outcome.kind !== 'failed') throw new Error('not failed');
    expect(values.decode(outcome.error.details)).toEqual([
      { field: 'number', errors: ['number must be an integer number'] },
    ]);
  });

  it('fails by name when its result is over the limit', async () => {
    const leader = new FakeLeader();
    leader.answer = (request) =>
      request.kind === 'step.result' && request.outcome.kind === 'directive'
        ? ({ kind: 'error', code: 'PAYLOAD_TOO_LARGE', message: 'too large' } as { kind: string })
        : undefined;
    await runStart(workflows, 'Order', { id: 'o-1', amount: 5 }, leader).catch(() => undefined);
    expect(await resultOf(leader)).toMatchObject({ kind: 'failed', error: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  it('goes on with the step that comes with the reply, without being given the store again', async () => {
    const leader = new FakeLeader();
    const { run: _run, ...next } = assignmentOf('Order', { stepSeq: 2, step: 'ship', handler: 'step' });
    leader.answer = (request) => {
      if (request.kind !== 'step.result' || request.stepSeq !== 1) return undefined;
      leader.operations.length = 0;
      return { kind: 'accepted', next } as { kind: string };
    };
    const runner = runnerOf(workflows, leader);
    runner.accept(assignmentOf('Order', { input: values.encode({ id: 'o-1', amount: 5 }, 'input') }));
    expect(completed(await resultOf(leader))).toMatchObject({ payment: 'o-1:5', keys: ['id', 'payment'] });
    await expect.poll(() => runner.held).toEqual([]);
  });
});
