import 'reflect-metadata';
import type { PipeTransform, Type } from '@nestjs/common';
import { type Callable, copyMetadata } from '@ground-control/workflow';

// Nest's own keys of what is put on a class or a method.
const GUARDS = '__guards__';
const INTERCEPTORS = '__interceptors__';
const FILTERS = '__exceptionFilters__';
const PIPES = '__pipes__';

/** What of Nest's enhancers a handler carries, itself or by its class. */
export interface MethodEnhancers {
  guards: boolean;
  interceptors: boolean;
  filters: boolean;
  /** Classes and instances, those of the class first. */
  pipes: (Type<PipeTransform> | PipeTransform)[];
}

/** Reads the enhancers of a handler; undefined when there are none. */
export function enhancersOf(target: object, method: object): MethodEnhancers | undefined {
  const has = (key: string): boolean => Reflect.hasMetadata(key, target) || Reflect.hasMetadata(key, method);
  const pipes = [...listOf(PIPES, target), ...listOf(PIPES, method)] as MethodEnhancers['pipes'];
  const enhancers = { guards: has(GUARDS), interceptors: has(INTERCEPTORS), filters: has(FILTERS), pipes };
  const any = enhancers.guards || enhancers.interceptors || enhancers.filters || pipes.length > 0;
  return any ? enhancers : undefined;
}

/** Gives the input of a handler to pipes, one after the other. */
export type ApplyPipes = (input: unknown) => Promise<unknown>;

/** The method behind its pipes: they transform the input, never the context. */
export function pipedMethod(method: Callable, apply: ApplyPipes): Callable {
  const piped = async function (this: unknown, ctx: unknown, input: unknown): Promise<unknown> {
    return Reflect.apply(method, this, [ctx, await apply(input)]) as unknown;
  };
  copyMetadata(method, piped);
  return piped;
}

function listOf(key: string, target: object): unknown[] {
  return (Reflect.getMetadata(key, target) as unknown[] | undefined) ?? [];
}
