import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Context,
  type Directive,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { SpecWorld } from '../support/spec-world.fixture.js';

/** More than what the heap of a process that does something else varies by, far less than 8,000 kept steps. */
const GROWTH_BYTES = 8 * 1024 * 1024;

interface LoopState {
  sum: number;
}

interface Round {
  left: number;
  measureAt: number;
}

/** What the worker's process keeps, in bytes, early in the loop and late. */
const heaps = new Ledger<{ pid: number; bytes: number }>('heaps');

@Workflow('Steps.Loop')
class LoopWorkflow {
  @Start()
  async start(ctx: Context<LoopState>, rounds: number): Promise<Directive<number>> {
    ctx.store.put('sum', 0);
    return ctx.next.step(this.again, { left: rounds, measureAt: rounds - 2_000 });
  }

  @Step()
  async again(ctx: Context<LoopState>, { left, measureAt }: Round): Promise<Directive<number>> {
    const sum = (await ctx.store.get('sum')) + 1;
    if (left === measureAt || left === 1) noteHeap(ctx);
    if (left === 1) return ctx.next.complete(sum);
    ctx.store.put('sum', sum);
    return ctx.next.step(this.again, { left: left - 1, measureAt });
  }

  @OnQuery()
  async sum(ctx: QueryContext<LoopState>): Promise<number> {
    return ctx.store.get('sum');
  }
}

/** Notes what this process, which is the worker, keeps. */
function noteHeap({ run }: Context<LoopState>): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  heaps.note(run.workflowId, { pid: process.pid, bytes: process.memoryUsage().heapUsed });
}

const APP = served([LoopWorkflow]);

describe('a step that goes to itself', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it(
    'does so 10,000 times, and the worker keeps nothing of the rounds that are over',
    { timeout: 120_000 },
    async () => {
      const handle = await world.client.start(LoopWorkflow, { input: 10_000 });
      await expect(handle.result()).resolves.toBe(10_000);
      await expect(handle.query('sum')).resolves.toBe(9_999);
      const noted = heaps.of(handle.workflowId);
      const late = noted.at(-1);
      // A worker that was killed in between has taken what it kept with it.
      const early = noted.find(({ pid }) => pid === late?.pid);
      expect((late?.bytes ?? Infinity) - (early?.bytes ?? 0)).toBeLessThan(GROWTH_BYTES);
    },
  );
});
