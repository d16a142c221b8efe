import { type Context, type Directive, Start, Step, Workflow } from '@ground-control/nestjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undisturbed } from '../support/at-least-once.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, SpecWorld } from '../support/spec-world.fixture.js';

interface Parcel {
  weight: number;
  packedAt: Date;
}

@Workflow('Steps.Input')
class InputWorkflow {
  @Start()
  async start(ctx: Context, weight: number): Promise<Directive<Parcel>> {
    return ctx.next.step(this.pack, { weight, packedAt: new Date(86_400_000) });
  }

  @Step({ name: 'pack and weigh' })
  async pack(ctx: Context, parcel: Parcel): Promise<Directive<Parcel>> {
    return ctx.next.complete(parcel);
  }
}

@Workflow('Steps.NoInput')
class NoInputWorkflow {
  @Start()
  async start(ctx: Context, input?: unknown): Promise<Directive<unknown[]>> {
    return ctx.next.step(this.last, [input]);
  }

  @Step()
  async last(ctx: Context, inputs: unknown[]): Promise<Directive<unknown[]>> {
    return ctx.next.complete(inputs);
  }
}

@Workflow('Steps.Delay')
class DelayWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<number>> {
    return ctx.next.step(this.later, (await ctx.now()).getTime(), { delay: '1s' });
  }

  @Step()
  async later(ctx: Context, since: number): Promise<Directive<number>> {
    return ctx.next.complete((await ctx.now()).getTime() - since);
  }
}

@Workflow('Steps.Branch')
class BranchWorkflow {
  @Start()
  async start(ctx: Context, even: boolean): Promise<Directive<string>> {
    return even ? ctx.next.step(this.even) : ctx.next.step(this.odd);
  }

  @Step()
  async even(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete(ctx.step.name);
  }

  @Step()
  async odd(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete(ctx.step.name);
  }
}

@Workflow('Steps.Nothing')
class NothingWorkflow {
  @Start()
  async start(): Promise<void> {}
}

@Workflow('Steps.Stranger')
class StrangerWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.step(this.helper);
  }

  async helper(): Promise<void> {}
}

const APP = served([
  InputWorkflow,
  NoInputWorkflow,
  DelayWorkflow,
  BranchWorkflow,
  NothingWorkflow,
  StrangerWorkflow,
]);

describe('a step', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it('gets the input that the step before it passed', async () => {
    await expect(world.client.run(InputWorkflow, { input: 7 })).resolves.toEqual({
      weight: 7,
      packedAt: new Date(86_400_000),
    });
  });

  it('gets undefined where nothing was passed', async () => {
    await expect(world.client.run(NoInputWorkflow)).resolves.toEqual([undefined]);
  });

  it('is recorded under its own name, and the start under "start"', async () => {
    const handle = await world.client.start(InputWorkflow, { input: 1 });
    await handle.result();
    const history = undisturbed(await handle.history());
    expect(eventsOf(history, 'step.started').map(({ step, attempt }) => [step, attempt])).toEqual([
      ['start', 1],
      ['pack and weigh', 1],
    ]);
    expect(eventsOf(history, 'step.completed').map(({ step, directive }) => [step, directive])).toEqual([
      ['start', 'step'],
      ['pack and weigh', 'complete'],
    ]);
  });

  it('is chosen by the step before it', async () => {
    await expect(world.client.run(BranchWorkflow, { input: true })).resolves.toBe('even');
    await expect(world.client.run(BranchWorkflow, { input: false })).resolves.toBe('odd');
  });

  it('that is delayed starts when its delay is over, and the run says that it waits for it', async () => {
    const handle = await world.client.start(DelayWorkflow);
    await world.recorded(handle.workflowId, 'step.completed');
    const run = await handle.describe();
    expect(run).toMatchObject({ status: 'waiting', currentStep: 'later' });
    expect(run.waitingFor).toMatchObject({ kind: 'timer', step: 'later', until: expect.any(Date) as Date });
    const waited = await handle.result();
    expect(waited).toBeGreaterThanOrEqual(995);
  });

  it('that returns no directive fails the run, and the error says what a step returns', async () => {
    const failed = world.client.run(NothingWorkflow);
    await expect(failed).rejects.toMatchObject({
      code: 'WORKFLOW_FAILED',
      cause: { type: 'InvalidWorkflowError', code: 'INVALID_WORKFLOW' },
    });
    await expect(failed).rejects.toThrow(/NothingWorkflow\.start returned nothing.*ctx\.next/);
  });

  it('cannot go on with a method that is no step', async () => {
    await expect(world.client.run(StrangerWorkflow)).rejects.toThrow(
      /StrangerWorkflow: ctx\.next\.step got the function helper, which is no step/,
    );
  });
});
