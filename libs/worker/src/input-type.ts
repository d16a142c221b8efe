import 'reflect-metadata';
import { ChildOutcome } from '@ground-control/workflow';
import type { Type } from '@nestjs/common';

// What TypeScript writes for a parameter whose type is no class of the user's; and what is built already.
const PLAIN_TYPES: ReadonlySet<unknown> = new Set([
  Object,
  String,
  Number,
  Boolean,
  BigInt,
  Symbol,
  Array,
  Function,
  Promise,
  Date,
  Map,
  Set,
  Error,
  RegExp,
  Buffer,
  Uint8Array,
  ArrayBuffer,
  ChildOutcome,
]);

/** The class of a handler's second parameter, when it is one to build and validate. */
export function inputTypeOf(prototype: object, methodName: string): Type<object> | undefined {
  const types = Reflect.getMetadata('design:paramtypes', prototype, methodName) as unknown[] | undefined;
  const type = types?.[1];
  return typeof type === 'function' && !PLAIN_TYPES.has(type) ? (type as Type<object>) : undefined;
}
