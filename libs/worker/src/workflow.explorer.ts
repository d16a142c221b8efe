import { assertName, toMilliseconds, type WorkflowDefinition } from '@ground-control/protocol';
import { NextBuilder, type WorkflowMetadata, WorkflowMetadataAccessor } from '@ground-control/workflow';
import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/internal';
import { registerErrorClass } from './error-classes.js';
import { HandlerInvoker } from './handler-invoker.js';
import { checkHandlers, type DecoratedMethod, readHandler } from './handler-reader.js';
import { inputTypeOf } from './input-type.js';
import { handlerKey, type ServedHandler, type ServedQuery, type ServedWorkflow } from './served-workflow.js';
import { WorkflowFaults } from './workflow-faults.js';

interface Provider {
  wrapper: InstanceWrapper;
  type: Type<object>;
}

/**
 * Finds the workflows and tasks of an application: every provider of a `@Workflow` class, however it is made, and every
 * method that carries `@Task`.
 */
@Injectable()
export class WorkflowExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly accessor: WorkflowMetadataAccessor,
    private readonly invokers: HandlerInvoker,
  ) {}

  /**
   * The application's workflows by type.
   *
   * @throws InvalidWorkflowError that names class, method and cure of every fault
   */
  explore(): Map<string, ServedWorkflow> {
    const faults = new WorkflowFaults();
    const providers = distinct(this.discovery.getProviders());
    for (const { type } of [...providers, ...distinct(this.discovery.getControllers())])
      this.checkTasks(type, faults);
    const served = new Map<string, ServedWorkflow>();
    for (const provider of providers) this.serve(provider, served, faults);
    faults.assertNone();
    return served;
  }

  private serve(
    { wrapper, type }: Provider,
    served: Map<string, ServedWorkflow>,
    faults: WorkflowFaults,
  ): void {
    const metadata = this.accessor.workflow(type);
    if (!metadata) return;
    const methods = this.decoratedMethods(type);
    checkHandlers(type.name, methods, faults);
    const workflow = this.build(wrapper, type, metadata, methods, faults);
    const namesake = served.get(metadata.type);
    if (namesake) faults.add(type.name, duplicate(type.name, namesake.className, metadata.type));
    else served.set(metadata.type, workflow);
  }

  private build(
    wrapper: InstanceWrapper,
    type: Type<object>,
    metadata: WorkflowMetadata,
    methods: DecoratedMethod[],
    faults: WorkflowFaults,
  ): ServedWorkflow {
    const handlers = new Map<string, ServedHandler>();
    const queries = new Map<string, ServedQuery>();
    for (const decorated of methods) {
      const { method, name } = decorated;
      const definition = readHandler(decorated, faults);
      if (!definition) continue;
      const invoke = this.invokers.invokerOf(wrapper, type, name);
      const inputType = inputTypeOf(type.prototype as object, name);
      if (decorated.metadata.kind === 'query') queries.set(definition.name, { method, invoke });
      else
        handlers.set(handlerKey(definition.kind, definition.name), { definition, method, inputType, invoke });
    }
    const definition = describe(type.name, metadata, handlers, queries, faults);
    const namesOf = (kind: string): Set<string> =>
      new Set(definition.handlers.filter((it) => it.kind === kind).map((it) => it.name));
    const targets = { className: type.name, steps: namesOf('step'), events: namesOf('event') };
    return { definition, className: type.name, next: new NextBuilder(targets), handlers, queries };
  }

  private decoratedMethods(type: Type<object>): DecoratedMethod[] {
    return this.methodsOf(type).flatMap(([name, method]) =>
      this.accessor.handlers(method).map((metadata) => ({ method: `${type.name}.${name}`, name, metadata })),
    );
  }

  private checkTasks(type: Type<object>, faults: WorkflowFaults): void {
    for (const [name, method] of this.methodsOf(type)) {
      const task = this.accessor.task(method);
      if (!task) continue;
      const where = `${type.name}.${name}`;
      if (!task.isAsync) {
        faults.add(where, 'carries @Task and is not async. Declare it async, or as returning a Promise.');
      }
      if (this.accessor.handlers(method).length > 0) {
        faults.add(
          where,
          'carries @Task and the decorator of a handler. Move the task to a method of its own.',
        );
      }
      faults.try(`${where}, @Task`, () => task.definition);
      task.errorClasses.forEach(registerErrorClass);
    }
  }

  private methodsOf(type: Type<object>): [name: string, method: object][] {
    const prototype = type.prototype as Record<string, object>;
    return this.scanner.getAllMethodNames(prototype).map((name) => [name, prototype[name] as object]);
  }
}

function describe(
  className: string,
  metadata: WorkflowMetadata,
  handlers: ReadonlyMap<string, ServedHandler>,
  queries: ReadonlyMap<string, ServedQuery>,
  faults: WorkflowFaults,
): WorkflowDefinition {
  const { type, timeout, retention } = metadata;
  const milliseconds = (name: string, value: typeof timeout): number | undefined =>
    value === undefined
      ? undefined
      : faults.try(`${className}, @Workflow`, () => toMilliseconds(value, name));
  faults.try(`${className}, @Workflow`, () => assertName(type, 'The type'));
  return {
    type,
    timeoutMs: milliseconds('timeout', timeout),
    retentionMs: milliseconds('retention', retention),
    handlers: [...handlers.values()].map(({ definition }) => definition),
    queries: [...queries.keys()],
  };
}

/** The providers of classes, each instance once: an alias of a provider is not another. */
function distinct(wrappers: InstanceWrapper[]): Provider[] {
  const seen = new Set<unknown>();
  return wrappers.flatMap((wrapper) => {
    const type = classOf(wrapper);
    const identity: unknown = wrapper.isTransient || !wrapper.instance ? wrapper : wrapper.instance;
    if (!type || wrapper.isAlias || seen.has(identity)) return [];
    seen.add(identity);
    return [{ wrapper, type }];
  });
}

/** The class of what a provider gives; of a factory or a value that is only known of what it gave. */
function classOf(wrapper: InstanceWrapper): Type<object> | undefined {
  const instance: unknown = wrapper.instance;
  const given = typeof instance === 'object' && instance !== null ? instance.constructor : undefined;
  const type: unknown = wrapper.isNotMetatype ? given : (given ?? wrapper.metatype);
  return typeof type === 'function' && typeof type.prototype === 'object' && type.prototype !== null
    ? (type as Type<object>)
    : undefined;
}

function duplicate(className: string, other: string, type: string): string {
  if (className === other)
    return 'it is provided more than once. Provide it in one module, and import that where it is needed.';
  return `it has the type ${JSON.stringify(type)}, as ${other} has. Name another: @Workflow('…').`;
}
