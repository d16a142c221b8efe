import type { Duration, RetryPolicy } from '@ground-control/protocol';
import { handlerDecorator } from './handler-metadata.js';

/** The name of the first step in every listing. */
export const START_STEP = 'start';

export interface StartStepOptions {
  /** The time that one attempt may take. @defaultValue none */
  timeout?: Duration | undefined;
  /** Whether and when the step is tried again after an uncaught error. @defaultValue one attempt */
  retry?: RetryPolicy | undefined;
}

/**
 * Marks the one method that a run begins with: `(ctx, input?)`. It counts as the step named `start`.
 *
 * @example
 * ```ts
 * @Start({ timeout: '30s' })
 * async start(ctx: Context<OrderState>, input: OrderInput): Promise<Directive<OrderResult>> { … }
 * ```
 */
export function Start(options: StartStepOptions = {}): MethodDecorator {
  return handlerDecorator(() => ({ ...options, kind: 'start', name: START_STEP }));
}
