import { InvalidWorkflowError } from '@ground-control/protocol';
import {
  type Context,
  type Directive,
  OnCancel,
  OnEvent,
  OnQuery,
  OnUpdate,
  Start,
  Step,
  Task,
  Workflow,
} from '@ground-control/workflow';
import { Injectable, type Provider, Scope } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { runStart, serve } from './worker.fixture.js';

abstract class Handlers {
  @Start({ timeout: '30s' }) async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete(this.constructor.name);
  }
}

async function faultsOf(...providers: Provider[]): Promise<string[]> {
  const error: unknown = await serve(...providers).catch((thrown: unknown) => thrown);
  if (!(error instanceof InvalidWorkflowError)) throw error ?? new Error('no fault was found');
  return error.message.split('\n');
}

describe('the explorer', () => {
  it('describes a workflow with all its handlers', async () => {
    @Workflow({ type: 'Order', timeout: '1h', retention: '7d' })
    class OrderWorkflow extends Handlers {
      @Step({ retry: { maxAttempts: 2 } }) async ship(): Promise<void> {}
      @OnEvent('order.paid') async paid(): Promise<void> {}
      @OnUpdate() async address(): Promise<void> {}
      @OnCancel({ timeout: 5 }) async undo(): Promise<void> {}
      @OnQuery() async status(): Promise<void> {}
    }
    const served = await serve(OrderWorkflow);
    expect(served.get('Order')?.definition).toEqual({
      type: 'Order',
      timeoutMs: 3_600_000,
      retentionMs: 604_800_000,
      handlers: [
        { name: 'ship', kind: 'step', retry: expect.objectContaining({ maxAttempts: 2 }) as unknown },
        { name: 'order.paid', kind: 'event' },
        { name: 'address', kind: 'update' },
        { name: 'cancel', kind: 'cancel', timeoutMs: 5 },
        { name: 'start', kind: 'start', timeoutMs: 30_000 },
      ],
      queries: ['status'],
    });
  });

  it('finds a workflow however its provider is made', async () => {
    @Workflow()
    class ByClass extends Handlers {}
    @Workflow()
    class ByFactory extends Handlers {}
    @Workflow()
    class ByValue extends Handlers {}
    @Workflow()
    class ByAsyncFactory extends Handlers {}
    @Workflow()
    class Overridden extends Handlers {}
    class Override extends Overridden {}
    const served = await serve(
      ByClass,
      { provide: 'factory', useFactory: () => new ByFactory() },
      { provide: 'async', useFactory: () => Promise.resolve(new ByAsyncFactory()) },
      { provide: 'value', useValue: new ByValue() },
      { provide: 'alias', useExisting: ByClass },
      { provide: Overridden, useClass: Override },
      { provide: 'nothing', useValue: null },
      { provide: 'text', useValue: 'text' },
    );
    expect([...served.keys()].toSorted()).toEqual([
      'ByAsyncFactory',
      'ByClass',
      'ByFactory',
      'ByValue',
      'Overridden',
    ]);
    expect(await runStart(served, 'ByFactory')).toBe('ByFactory');
    expect(await runStart(served, 'Overridden')).toBe('Override');
  });

  it('tells every fault at once, with class, method and cure', async () => {
    @Workflow()
    class Without {}
    @Workflow()
    class Twice extends Handlers {
      @Start() async begin(): Promise<void> {}
      @OnCancel() async undo(): Promise<void> {}
      @OnCancel() async clean(): Promise<void> {}
    }
    @Workflow({ timeout: 'soon' as '1s' })
    class Names extends Handlers {
      @Step() async ship(): Promise<void> {}
      @Step({ name: 'ship' }) async send(): Promise<void> {}
      @Step({ name: 'start' }) async again(): Promise<void> {}
      @OnEvent('paid') async one(): Promise<void> {}
      @OnEvent('paid') async two(): Promise<void> {}
      @OnUpdate('u') async three(): Promise<void> {}
      @OnUpdate('u') async four(): Promise<void> {}
      @OnQuery('q') async five(): Promise<void> {}
      @OnQuery('q') async six(): Promise<void> {}
      @Step({ name: '' }) async unnamed(): Promise<void> {}
      @Step({ timeout: -1 }) async negative(): Promise<void> {}
      @Step({ retry: { maxAttempts: 0 } }) async never(): Promise<void> {}
    }
    @Workflow('Names')
    class Namesake extends Handlers {}
    @Injectable()
    class Tasks {
      @Task() synchronous(): string {
        return 'now';
      }
      @Task({ retry: { jitter: 2 } }) async jittery(): Promise<void> {}
      @Task() @Step() async both(): Promise<void> {}
    }
    expect(await faultsOf(Without, Twice, Names, Namesake, Tasks)).toEqual([
      'Tasks.synchronous: carries @Task and is not async. Declare it async, or as returning a Promise.',
      'Tasks.jittery, @Task: retry.jitter: 2 is above 1',
      'Tasks.both: carries @Task and the decorator of a handler. Move the task to a method of its own.',
      'Without: no method carries @Start. Put it on the one that a run begins with.',
      'Twice: 2 methods carry @Start (begin, start). Keep one.',
      'Twice: 2 methods carry @OnCancel (undo, clean). Keep one.',
      'Names: 2 steps have the name "ship" (ship, send). Rename one.',
      'Names: 2 steps have the name "start" (again, start). Rename one.',
      'Names: 2 event handlers have the name "paid" (one, two). Rename one.',
      'Names: 2 updates have the name "u" (three, four). Rename one.',
      'Names: 2 queries have the name "q" (five, six). Rename one.',
      'Names.unnamed, @Step: The name must be text of 1 to 512 characters.',
      "Names.negative, @Step: timeout: -1 is no duration. Use milliseconds or text such as '500ms', '30s', '24h'.",
      'Names.never, @Step: retry.maxAttempts: 0 is below 1',
      "Names, @Workflow: timeout: \"soon\" is no duration. Use milliseconds or text such as '500ms', '30s', '24h'.",
      'Namesake: it has the type "Names", as Names has. Name another: @Workflow(\'…\').',
    ]);
  });

  it('refuses a workflow class that is provided twice', async () => {
    @Workflow()
    class Once extends Handlers {}
    expect(await faultsOf(Once, { provide: 'other', useClass: Once })).toEqual([
      'Once: it is provided more than once. Provide it in one module, and import that where it is needed.',
    ]);
  });

  it('checks the tasks of providers that are not singletons, too', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @Task() synchronous(): number {
        return 1;
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      @Task() synchronous(): number {
        return 1;
      }
    }
    expect(await faultsOf(Scoped, Transient)).toHaveLength(2);
  });
});
