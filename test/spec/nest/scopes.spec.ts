import {
  type Context,
  type Directive,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Task,
  Workflow,
} from '@ground-control/nestjs';
import { Inject, Injectable, type OnModuleDestroy, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, SpecWorld } from '../support/spec-world.fixture.js';

let made = 0;

@Injectable({ scope: Scope.REQUEST })
class Tenant {
  readonly number: number = ++made;

  constructor(@Inject(REQUEST) private readonly ctx: Context) {}

  get name(): string {
    return `${this.ctx.run.workflowId}/${this.ctx.step.name}`;
  }
}

@Injectable()
class ScopedTasks {
  constructor(private readonly tenant: Tenant) {}

  @Task()
  async whose(): Promise<string> {
    return this.tenant.name;
  }
}

@Workflow('Nest.Scoped')
class ScopedWorkflow {
  constructor(
    private readonly tenant: Tenant,
    private readonly tasks: ScopedTasks,
  ) {}

  @Start()
  async start(ctx: Context): Promise<Directive<unknown[]>> {
    return ctx.next.step(this.second, [this.tenant.number, await this.tasks.whose()]);
  }

  @Step()
  async second(ctx: Context, before: unknown[]): Promise<Directive<unknown[]>> {
    return ctx.next.complete([...before, this.tenant.number, await this.tasks.whose()]);
  }

  @OnQuery()
  async whose(_ctx: QueryContext): Promise<number> {
    return this.tenant.number;
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Draft {
  readonly lines: string[] = [];
}

@Injectable()
class OtherConsumer {
  constructor(readonly draft: Draft) {}
}

@Workflow('Nest.HoldsTransient')
class HoldsTransientWorkflow {
  constructor(
    private readonly draft: Draft,
    private readonly other: OtherConsumer,
  ) {}

  @Start()
  async start(ctx: Context): Promise<Directive<boolean>> {
    this.draft.lines.push('one');
    return ctx.next.complete(this.other.draft.lines.length === 0);
  }
}

@Injectable({ scope: Scope.TRANSIENT })
@Workflow('Nest.Transient')
class TransientWorkflow {
  private calls = 0;

  @Start()
  async start(ctx: Context): Promise<Directive<number>> {
    this.calls += 1;
    return ctx.next.step(this.again);
  }

  @Step()
  async again(ctx: Context): Promise<Directive<number>> {
    this.calls += 1;
    return ctx.next.complete(this.calls);
  }
}

@Injectable()
class Ledger implements OnModuleDestroy {
  isOpen = true;

  onModuleDestroy(): void {
    this.isOpen = false;
  }
}

@Workflow('Nest.Singleton')
class SingletonWorkflow {
  constructor(private readonly ledger: Ledger) {}

  @Start()
  async start(ctx: Context): Promise<Directive<boolean>> {
    return ctx.next.complete(this.ledger.isOpen);
  }
}

const APP = served([
  Tenant,
  ScopedTasks,
  ScopedWorkflow,
  Draft,
  OtherConsumer,
  HoldsTransientWorkflow,
  TransientWorkflow,
  Ledger,
  SingletonWorkflow,
]);

describe('a provider', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it("of request scope is made anew for each step, with the step's context as its REQUEST", async () => {
    const handle = await world.client.start(ScopedWorkflow, { id: 'tenant-1' });
    const [first, firstName, second, secondName] = await handle.result();
    expect(firstName).toBe('tenant-1/start');
    expect(secondName).toBe('tenant-1/second');
    expect(second).not.toBe(first);
    expect(eventsOf(await handle.history(), 'task.completed')).toHaveLength(2);
  });

  it('of request scope is made anew for each query, too', async () => {
    const handle = await world.client.start(ScopedWorkflow, { id: 'tenant-2' });
    await handle.result();
    const one = await handle.query<number>('whose');
    await expect(handle.query<number>('whose')).resolves.toBeGreaterThan(one);
  });

  it('of request scope is not shared by runs at the same time', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `parallel-${index}`);
    const results = await Promise.all(ids.map((id) => world.client.run(ScopedWorkflow, { id })));
    for (const [index, [, first, , second]] of results.entries()) {
      expect([first, second]).toEqual([`parallel-${index}/start`, `parallel-${index}/second`]);
    }
  });

  it('of transient scope is its own for each provider that it is injected in', async () => {
    await expect(world.client.run(HoldsTransientWorkflow)).resolves.toBe(true);
  });

  it('of transient scope that is a workflow is made anew for each step', async () => {
    await expect(world.client.run(TransientWorkflow)).resolves.toBe(1);
  });

  it('that is a singleton is the one of the application', async () => {
    await expect(world.client.run(SingletonWorkflow)).resolves.toBe(true);
  });
});
