import type { Callable } from '@ground-control/workflow';
import { Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { type ContextId, ContextIdFactory, ExternalContextCreator, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/internal';
import { inputTypeOf } from './input-type.js';
import { enhancersOf, type MethodEnhancers, pipedMethod } from './method-enhancers.js';
import type { Invoke } from './served-workflow.js';

/** What `ExecutionContext.getType()` says in a guard, interceptor or filter of a workflow. */
export const WORKFLOW_CONTEXT_TYPE = 'workflow';

/** A method of a provider that is to be called. */
interface Target {
  wrapper: InstanceWrapper;
  name: string;
  method: Callable;
  inputType: Type<object> | undefined;
}

type Host = Record<string, Callable>;

/**
 * Makes what calls a handler. Most handlers are plain methods of singletons and are called as such; guards, pipes,
 * interceptors and filters go through Nest, and a provider that is not a singleton is made anew for each step, with
 * the step's context as its `REQUEST`.
 */
@Injectable()
export class HandlerInvoker {
  constructor(
    private readonly contexts: ExternalContextCreator,
    private readonly moduleRef: ModuleRef,
  ) {}

  invokerOf(wrapper: InstanceWrapper, type: Type<object>, name: string): Invoke {
    const method = (type.prototype as Host)[name] as Callable;
    const target: Target = { wrapper, name, method, inputType: inputTypeOf(type.prototype as object, name) };
    const enhancers = enhancersOf(type, method);
    if (!isSingleton(wrapper)) return (ctx, input) => this.invokeScoped(target, enhancers, ctx, input);
    const host = wrapper.instance as Host;
    if (enhancers) return this.enhanced(host, target, enhancers);
    return (ctx, input) => (host[name] as Invoke)(ctx, input);
  }

  private async invokeScoped(
    target: Target,
    enhancers: MethodEnhancers | undefined,
    ctx: unknown,
    input: unknown,
  ): Promise<unknown> {
    const contextId = ContextIdFactory.getByRequest(ctx as Record<string, unknown>);
    this.moduleRef.registerRequestByContextId(ctx, contextId);
    const host = await this.moduleRef.resolve<Host>(target.wrapper.token as Type<Host>, contextId, {
      strict: false,
    });
    if (enhancers) return this.enhanced(host, target, enhancers, contextId)(ctx, input);
    return (host[target.name] as Invoke)(ctx, input);
  }

  private enhanced(host: Host, target: Target, enhancers: MethodEnhancers, contextId?: ContextId): Invoke {
    const { guards, interceptors, filters } = enhancers;
    return this.contexts.create(
      host,
      this.piped(target, enhancers, contextId) as (...args: unknown[]) => unknown,
      target.name,
      undefined,
      undefined,
      contextId,
      contextId && target.wrapper.id,
      { guards, interceptors, filters },
      WORKFLOW_CONTEXT_TYPE,
    ) as Invoke;
  }

  private piped({ method, inputType }: Target, { pipes }: MethodEnhancers, contextId?: ContextId): Callable {
    if (pipes.length === 0) return method;
    return pipedMethod(method, async (input) => {
      let value = input;
      for (const pipe of pipes) {
        const transform = await this.pipeOf(pipe, contextId);
        value = await transform.transform(value, { type: 'body', metatype: inputType, data: undefined });
      }
      return value;
    });
  }

  private async pipeOf(
    pipe: Type<PipeTransform> | PipeTransform,
    contextId: ContextId | undefined,
  ): Promise<PipeTransform> {
    if (typeof pipe !== 'function') return pipe;
    if (contextId) return this.moduleRef.resolve(pipe, contextId, { strict: false });
    return this.moduleRef.get(pipe, { strict: false });
  }
}

function isSingleton(wrapper: InstanceWrapper): boolean {
  return wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
}
