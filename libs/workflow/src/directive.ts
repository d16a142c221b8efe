import type { Duration } from '@ground-control/protocol';

declare const RESULT: unique symbol;

/**
 * What a step decided about its run; made by `ctx.next`.
 *
 * @typeParam R the result of the workflow
 */
export interface Directive<R = unknown> {
  readonly kind: 'step' | 'wait' | 'complete' | 'fail';
  /** Carries the type only. */
  readonly [RESULT]?: R;
}

/** An error given as data. */
export interface FailureInput {
  type: string;
  message: string;
  details?: unknown;
}

/** What a directive says, with its values as the user gave them. */
export type DirectivePlan =
  | { kind: 'step'; step: string; input: unknown; delay: Duration | undefined; reply: unknown }
  | {
      kind: 'wait';
      timeout: Duration | undefined;
      onTimeout: string | undefined;
      events: string[] | undefined;
      reply: unknown;
    }
  | { kind: 'complete'; result: unknown; reply: unknown }
  | { kind: 'fail'; error: Error | FailureInput };

class PlannedDirective implements Directive<never> {
  constructor(readonly plan: DirectivePlan) {}

  get kind(): DirectivePlan['kind'] {
    return this.plan.kind;
  }
}

/** Makes a directive of what it says. */
export function directiveOf(plan: DirectivePlan): Directive<never> {
  return new PlannedDirective(plan);
}

/** What a directive says, or undefined when the value is none. */
export function planOf(value: unknown): DirectivePlan | undefined {
  return value instanceof PlannedDirective ? value.plan : undefined;
}
