import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Task,
  Workflow,
  WORKFLOW_CONTEXT_TYPE,
} from '@ground-control/nestjs';
import {
  type ArgumentMetadata,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { map, type Observable, tap } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atLeastOnce } from '../support/at-least-once.fixture.js';
import { Ledger } from '../support/ledger.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

/** What went by in all runs, in order. */
const seen = new Ledger<string>('seen');

@Injectable()
class Audit {
  note(what: string): void {
    seen.note('all', what);
  }
}

@Injectable()
class RoleGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: Audit,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const [ctx, input] = context.getArgs<[Context, { role?: string } | undefined]>();
    const role = this.reflector.get<string | undefined>('role', context.getHandler());
    const where = `${context.getType<string>()} ${context.getClass().name}.${context.getHandler().name}`;
    this.audit.note(`guard of ${where} in run ${ctx.run.workflowType}`);
    return role === undefined || input?.role === role;
  }
}

@Injectable()
class TraceInterceptor implements NestInterceptor {
  constructor(private readonly audit: Audit) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { name } = context.getHandler();
    this.audit.note(`before ${name}`);
    return next.handle().pipe(tap(() => this.audit.note(`after ${name}`)));
  }
}

@Injectable()
class TrimPipe implements PipeTransform {
  constructor(private readonly audit: Audit) {}

  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    this.audit.note(`pipe of ${type}`);
    const { name, ...rest } = value as { name: string };
    return { ...rest, name: name.trim() };
  }
}

class OutOfStockError extends Error {}

@Catch(OutOfStockError)
class BackOrderFilter implements ExceptionFilter<OutOfStockError> {
  catch(error: OutOfStockError, host: ArgumentsHost): Directive {
    const [ctx] = host.getArgs<[Context]>();
    return ctx.next.complete(`back-ordered: ${error.message}`);
  }
}

interface Greeting {
  name: string;
  role?: string;
}

@Injectable()
class Tasks {
  @Task()
  async greet(name: string): Promise<string> {
    return `Hello, ${name}`;
  }
}

@UseGuards(RoleGuard)
@Workflow('Nest.Guarded')
class GuardedWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context, input: Greeting): Promise<Directive<string>> {
    return ctx.next.step(this.admin, input);
  }

  @Step()
  @SetMetadata('role', 'admin')
  async admin(ctx: Context, { name }: Greeting): Promise<Directive<string>> {
    return ctx.next.complete(await this.tasks.greet(name));
  }
}

@UseInterceptors(TraceInterceptor)
@Workflow('Nest.Intercepted')
class InterceptedWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context, { name }: Greeting): Promise<Directive<string>> {
    ctx.store.put('greeting', await this.tasks.greet(name));
    return ctx.next.wait();
  }

  @OnEvent()
  async finish(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete((await ctx.store.get('greeting')) as string);
  }

  @OnQuery()
  async greeting(ctx: QueryContext): Promise<unknown> {
    return ctx.store.get('greeting');
  }
}

@Workflow('Nest.Piped')
class PipedWorkflow {
  @Start()
  @UsePipes(TrimPipe)
  async start(ctx: Context, input: Greeting): Promise<Directive<string>> {
    return ctx.next.complete(input.name);
  }
}

@UseFilters(BackOrderFilter)
@Workflow('Nest.Filtered')
class FilteredWorkflow {
  @Start()
  async start(_ctx: Context, isOut: boolean): Promise<Directive<string>> {
    throw isOut ? new OutOfStockError('lamp') : new TypeError('a bug');
  }
}

class LoudInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<string>): Observable<string> {
    return next.handle().pipe(map((answer) => answer.toUpperCase()));
  }
}

@Workflow('Nest.LoudQuery')
class LoudQueryWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }

  @OnQuery()
  @UseInterceptors(LoudInterceptor)
  async status(): Promise<string> {
    return 'done';
  }

  @OnQuery()
  @UseGuards(RoleGuard)
  @SetMetadata('role', 'admin')
  async secret(): Promise<string> {
    return 'secret';
  }
}

const WORKFLOWS = [GuardedWorkflow, InterceptedWorkflow, PipedWorkflow, FilteredWorkflow, LoudQueryWorkflow];

const APP = served([Audit, Tasks, ...WORKFLOWS]);

describe('on a workflow', () => {
  let world: SpecWorld;

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
  });

  afterAll(() => world?.stop());

  it('a guard with injected providers lets a step run, or refuses it and the run fails', async () => {
    const { client } = world;
    const type = WORKFLOW_CONTEXT_TYPE;
    await expect(client.run(GuardedWorkflow, { input: { name: 'Ada', role: 'admin' } })).resolves.toBe(
      'Hello, Ada',
    );
    expect(atLeastOnce(seen.of('all'))).toEqual([
      `guard of ${type} GuardedWorkflow.start in run Nest.Guarded`,
      `guard of ${type} GuardedWorkflow.admin in run Nest.Guarded`,
    ]);
    const error = await rejectionOf(client.run(GuardedWorkflow, { input: { name: 'Eve', role: 'guest' } }));
    expect(error.cause).toMatchObject({ type: 'ForbiddenException', message: 'Forbidden resource' });
  });

  it('an interceptor sees steps, events and queries, and their tasks are recorded', async () => {
    const before = seen.of('all').length;
    const handle = await world.client.start(InterceptedWorkflow, { input: { name: 'Ada' } });
    await expect.poll(() => handle.describe()).toMatchObject({ status: 'waiting' });
    await expect(handle.query('greeting')).resolves.toBe('Hello, Ada');
    await handle.send('finish');
    await expect(handle.result()).resolves.toBe('Hello, Ada');
    expect(atLeastOnce(seen.of('all').slice(before))).toEqual([
      'before start',
      'after start',
      'before greeting',
      'after greeting',
      'before finish',
      'after finish',
    ]);
    const kinds = (await handle.history()).map(({ kind }) => kind);
    expect(kinds).toContain('task.completed');
  });

  it('a pipe transforms the input, never the context', async () => {
    const before = seen.of('all').length;
    await expect(world.client.run(PipedWorkflow, { input: { name: '  Ada ' } })).resolves.toBe('Ada');
    expect(atLeastOnce(seen.of('all').slice(before))).toEqual(['pipe of body']);
  });

  it('an exception filter may turn an error into a directive; what it does not catch fails the run', async () => {
    await expect(world.client.run(FilteredWorkflow, { input: true })).resolves.toBe('back-ordered: lamp');
    await expect(world.client.run(FilteredWorkflow, { input: false })).rejects.toMatchObject({
      cause: { type: 'TypeError', message: 'a bug' },
    });
  });

  it('guards and interceptors of a query apply to it', async () => {
    const handle = await world.client.start(LoudQueryWorkflow);
    await handle.result();
    await expect(handle.query('status')).resolves.toBe('DONE');
    await expect(handle.query('secret', { role: 'admin' })).resolves.toBe('secret');
    await expect(handle.query('secret', { role: 'guest' })).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      cause: { type: 'ForbiddenException' },
    });
  });
});
