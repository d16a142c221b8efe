import {
  type Context,
  type Directive,
  OnQuery,
  type QueryContext,
  Start,
  Task,
  Workflow,
} from '@ground-control/workflow';
import {
  type ArgumentMetadata,
  type ArgumentsHost,
  type CallHandler,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  type CanActivate,
  Inject,
  Injectable,
  Logger,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { Reflector, REQUEST } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { map, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runStart, serve } from './worker.fixture.js';

const seen: unknown[] = [];
beforeEach(() => {
  seen.length = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
});

@Injectable()
class Audit {
  note(what: unknown): void {
    seen.push(what);
  }
}

@Injectable()
class RoleGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: Audit,
  ) {}
  canActivate(context: ExecutionContext): boolean {
    const role = this.reflector.get<string>('role', context.getHandler());
    this.audit.note([context.getType(), context.getClass().name, context.getHandler().name, role]);
    return role === 'clerk';
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const ctx = context.getArgByIndex<Context>(0);
    seen.push(['before', ctx.run.workflowId]);
    return next.handle().pipe(
      map((directive) => {
        seen.push('after');
        return directive as unknown;
      }),
    );
  }
}

@Injectable()
class Upper implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    seen.push(['pipe', metadata.metatype]);
    return typeof value === 'string' ? value.toUpperCase() : value;
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(error: RangeError, host: ArgumentsHost): unknown {
    return host.getArgByIndex<Context>(0).next.complete(`caught ${error.message}`);
  }
}

describe('the enhancers of a workflow', () => {
  it('apply as they do on a controller: guards, interceptors, then pipes to the input alone', async () => {
    @Workflow('Guarded')
    @UseInterceptors(Doubling)
    class Guarded {
      @SetMetadata('role', 'clerk')
      @UseGuards(RoleGuard)
      @UsePipes(Upper)
      @Start()
      async start(ctx: Context, input: string): Promise<Directive> {
        seen.push('handler');
        return ctx.next.complete(input);
      }
    }
    const workflows = await serve(Guarded, Audit);
    expect(await runStart(workflows, 'Guarded', 'quiet')).toBe('QUIET');
    expect(seen).toEqual([
      ['workflow', 'Guarded', 'start', 'clerk'],
      ['before', 'order-1'],
      ['pipe', undefined],
      'handler',
      'after',
    ]);
  });

  it('may refuse the step', async () => {
    @Workflow('Closed')
    @UseGuards(RoleGuard)
    class Closed {
      @Start() async start(): Promise<void> {
        seen.push('handler');
      }
    }
    const workflows = await serve(Closed, Audit);
    await expect(runStart(workflows, 'Closed')).rejects.toThrow(/Forbidden/);
    expect(seen).not.toContain('handler');
  });

  it('may turn an error into a directive', async () => {
    @Workflow('Filtered')
    @UseFilters(RangeFilter)
    class Filtered {
      @Start() async start(_ctx: Context, input: number): Promise<Directive> {
        throw input === 1 ? new RangeError('out') : new TypeError('wrong');
      }
    }
    const workflows = await serve(Filtered);
    vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    expect(await runStart(workflows, 'Filtered', 1)).toBe('caught out');
    await expect(runStart(workflows, 'Filtered', 2)).rejects.toThrow(TypeError);
  });

  it('may be a validation pipe', async () => {
    class Dto {
      @IsInt() amount!: number;
    }
    @Workflow('Piped')
    class Piped {
      @UsePipes(new ValidationPipe({ transform: true }))
      @Start()
      async start(ctx: Context, input: Dto): Promise<Directive> {
        return ctx.next.complete(input instanceof Dto);
      }
    }
    expect(await runStart(await serve(Piped), 'Piped', { amount: 5 })).toBe(true);
  });
});

describe('a workflow that is no singleton', () => {
  it('is made anew for each step, with its context as the request', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Tasks {
      constructor(@Inject(REQUEST) private readonly context: Context) {}
      @Task() async whose(): Promise<string> {
        return this.context.run.workflowId;
      }
    }
    @Workflow('Scoped')
    class Scoped {
      private readonly number = ++made;
      constructor(private readonly tasks: Tasks) {}
      @Start() async start(ctx: Context): Promise<Directive> {
        return ctx.next.complete([this.number, await this.tasks.whose()]);
      }
    }
    const workflows = await serve(Scoped, Tasks);
    const first = (await runStart(workflows, 'Scoped')) as unknown[];
    const second = (await runStart(workflows, 'Scoped')) as unknown[];
    expect(first[1]).toBe('order-1');
    expect(second[0]).toBe((first[0] as number) + 1);
  });

  it('may be transient, and guarded', async () => {
    let made = 0;
    @Workflow('Transient')
    @Injectable({ scope: Scope.TRANSIENT })
    @UseGuards(RoleGuard)
    class Transient {
      readonly number = ++made;
      @SetMetadata('role', 'clerk')
      @Start()
      async start(ctx: Context): Promise<Directive> {
        return ctx.next.complete(this.number);
      }
    }
    const workflows = await serve(Transient, Audit);
    const first = await runStart(workflows, 'Transient');
    expect(await runStart(workflows, 'Transient')).not.toBe(first);
    expect(seen).toHaveLength(2);
  });

  it('answers queries', async () => {
    @Workflow('Asked')
    @Injectable({ scope: Scope.REQUEST })
    class Asked {
      @Start() async start(): Promise<void> {}
      @OnQuery() async who(ctx: QueryContext): Promise<string> {
        return ctx.run.workflowId;
      }
    }
    const served = (await serve(Asked)).get('Asked')?.queries.get('who');
    await expect(served?.invoke({ run: { workflowId: 'order-9' } }, undefined)).resolves.toBe('order-9');
  });
});
