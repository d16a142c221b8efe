import type { Duration } from '@ground-control/protocol';
import { handlerDecorator } from './handler-metadata.js';

export interface OnCancelOptions {
  /** The time that one attempt may take. @defaultValue none */
  timeout?: Duration | undefined;
}

/**
 * Marks the method, at most one, that cleans up between the request to cancel a run and the state `cancelled`:
 * `(ctx, reason?)`. The run is cancelled whatever it returns, and also when it returns nothing; when it throws, the run
 * fails with that error.
 *
 * @example
 * ```ts
 * @OnCancel()
 * async undo(ctx: Context<OrderState>, reason?: string): Promise<void> {
 *   await this.payments.refund(await ctx.store.get('paymentId'));
 * }
 * ```
 */
export function OnCancel(options: OnCancelOptions = {}): MethodDecorator {
  return handlerDecorator(() => ({ ...options, kind: 'cancel', name: 'cancel' }));
}
