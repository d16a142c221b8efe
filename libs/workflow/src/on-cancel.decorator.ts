import type { Duration } from '@ground-control/protocol';
import { handlerDecorator } from './handler-metadata.js';

export interface OnCancelOptions {
  /** The time that one attempt may take. @defaultValue none */
  timeout?: Duration | undefined;
}

/**
 * Marks the method, at most one, that cleans up between the request to cancel a run and the state `cancelled`:
 * `(ctx, reason?)`.
 *
 * @example
 * ```ts
 * @OnCancel()
 * async undo(ctx: Context<OrderState>, reason?: string): Promise<Directive> {
 *   await this.payments.refund(await ctx.store.get('paymentId'));
 *   return ctx.next.complete();
 * }
 * ```
 */
export function OnCancel(options: OnCancelOptions = {}): MethodDecorator {
  return handlerDecorator(() => ({ ...options, kind: 'cancel', name: 'cancel' }));
}
