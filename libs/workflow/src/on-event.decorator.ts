import type { Duration } from '@ground-control/protocol';
import { handlerDecorator } from './handler-metadata.js';

export interface OnEventOptions {
  /** The event's name. @defaultValue the method's name */
  name?: string | undefined;
  /** The time that one attempt may take. @defaultValue none */
  timeout?: Duration | undefined;
}

/**
 * Marks a method that handles an event while the run waits: `(ctx, payload?)`. It runs as a step of the event's name.
 *
 * @example
 * ```ts
 * @OnEvent('order.cancelled')
 * async cancelled(ctx: Context<OrderState>, payload: CancelPayload): Promise<Directive> { … }
 * ```
 */
export function OnEvent(options: string | OnEventOptions = {}): MethodDecorator {
  const given = typeof options === 'string' ? { name: options } : options;
  return handlerDecorator((method) => ({ ...given, kind: 'event', name: given.name ?? method }));
}
