import 'reflect-metadata';
import type { Duration, HandlerKind, RetryPolicy } from '@ground-control/protocol';
import { HANDLERS_METADATA } from './metadata.constants.js';

/** What a decorator said of a method, unchecked: what is wrong with it is found when the application starts. */
export interface HandlerMetadata {
  kind: HandlerKind | 'query';
  name: string;
  timeout?: Duration | undefined;
  retry?: RetryPolicy | undefined;
}

/** Decorates a method as a handler; one method may be several. */
export function handlerDecorator(describe: (methodName: string) => HandlerMetadata): MethodDecorator {
  return (_target, key, descriptor) => {
    const method = descriptor.value as object;
    const handlers = [...handlersOf(method), describe(String(key))];
    Reflect.defineMetadata(HANDLERS_METADATA, handlers, method);
  };
}

/** What a method handles. */
export function handlersOf(method: object): HandlerMetadata[] {
  return (Reflect.getOwnMetadata(HANDLERS_METADATA, method) as HandlerMetadata[] | undefined) ?? [];
}
