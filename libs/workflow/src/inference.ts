import type { Directive } from './directive.js';

/** The input of a workflow: the second parameter of its method `start`. */
export type InputOf<W> = W extends { start(ctx: never, input: infer I, ...rest: never[]): unknown }
  ? I
  : unknown;

/** The result of a workflow: what the directives of its method `start` carry. */
export type ResultOf<W> = W extends { start(...args: never[]): infer Returned }
  ? Awaited<Returned> extends Directive<infer R>
    ? R
    : unknown
  : unknown;

/** What the method of this name takes beside its context; unknown where the class has no such method. */
export type PayloadOf<W, N extends string> = N extends keyof W
  ? W[N] extends (ctx: never, payload: infer P, ...rest: never[]) => unknown
    ? P
    : unknown
  : unknown;
