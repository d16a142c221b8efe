import { handlerDecorator } from './handler-metadata.js';
import type { StartStepOptions } from './start.decorator.js';

export interface StepOptions extends StartStepOptions {
  /** The step's name in the run's history. @defaultValue the method's name */
  name?: string | undefined;
}

/**
 * Marks a method as a step: `(ctx, input?)`. A step that came before goes to it by `ctx.next.step(this.method)`.
 *
 * @example
 * ```ts
 * @Step({ timeout: '60s', retry: { maxAttempts: 3 } })
 * async ship(ctx: Context<OrderState>): Promise<Directive<OrderResult>> { … }
 * ```
 */
export function Step(options: StepOptions = {}): MethodDecorator {
  return handlerDecorator((method) => ({ ...options, kind: 'step', name: options.name ?? method }));
}
