import {
  assertName,
  type HandlerDefinition,
  type HandlerKind,
  resolveRetryPolicy,
  toMilliseconds,
} from '@ground-control/protocol';
import type { HandlerMetadata } from '@ground-control/workflow';
import type { WorkflowFaults } from './workflow-faults.js';

/** A method that carries the decorator of a handler. */
export interface DecoratedMethod {
  /** Class and method, for messages. */
  method: string;
  name: string;
  metadata: HandlerMetadata;
}

const DECORATORS: Record<HandlerMetadata['kind'], string> = {
  start: '@Start',
  step: '@Step',
  event: '@OnEvent',
  update: '@OnUpdate',
  cancel: '@OnCancel',
  query: '@OnQuery',
};

/** Finds what is wrong with the handlers of a class, taken together. */
export function checkHandlers(className: string, methods: DecoratedMethod[], faults: WorkflowFaults): void {
  const of = (...kinds: HandlerMetadata['kind'][]): DecoratedMethod[] =>
    methods.filter(({ metadata }) => kinds.includes(metadata.kind));
  const starts = of('start');
  if (starts.length === 0)
    faults.add(className, 'no method carries @Start. Put it on the one that a run begins with.');
  for (const kind of ['start', 'cancel'] as const) {
    const names = of(kind).map(({ name }) => name);
    if (names.length < 2) continue;
    faults.add(
      className,
      `${names.length} methods carry ${DECORATORS[kind]} (${names.join(', ')}). Keep one.`,
    );
  }
  checkNames(className, 'steps', of('step').concat(starts.slice(0, 1)), faults);
  checkNames(className, 'event handlers', of('event'), faults);
  checkNames(className, 'updates', of('update'), faults);
  checkNames(className, 'queries', of('query'), faults);
}

function checkNames(
  className: string,
  what: string,
  methods: DecoratedMethod[],
  faults: WorkflowFaults,
): void {
  const byName = new Map<string, string[]>();
  for (const { name, metadata } of methods) {
    byName.set(metadata.name, [...(byName.get(metadata.name) ?? []), name]);
  }
  for (const [name, namesakes] of byName) {
    if (namesakes.length < 2) continue;
    const names = namesakes.join(', ');
    faults.add(
      className,
      `${namesakes.length} ${what} have the name ${JSON.stringify(name)} (${names}). Rename one.`,
    );
  }
}

/** What a worker registers of a handler; undefined when there is a fault. */
export function readHandler(
  decorated: DecoratedMethod,
  faults: WorkflowFaults,
): HandlerDefinition | undefined {
  const { method, metadata } = decorated;
  const { kind, name, timeout, retry } = metadata;
  return faults.try(`${method}, ${DECORATORS[kind]}`, () => {
    assertName(name, 'The name');
    return {
      name,
      kind: kind as HandlerKind,
      timeoutMs: timeout === undefined ? undefined : toMilliseconds(timeout, 'timeout'),
      retry: retry === undefined ? undefined : resolveRetryPolicy(retry),
    };
  });
}
